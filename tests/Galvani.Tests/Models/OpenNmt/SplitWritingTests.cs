using Galvani.Checkpoints;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Checkpoints written in two parts, and read again.</summary>
public sealed class SplitWritingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("base/model.pt")]
    [InlineData("shared-decoder-embeddings/model.pt")]
    [InlineData("lm/model.pt")]
    [InlineData("opennmt-v2/model.pt")]
    [InlineData("opennmt-v2/converted-to-v3.pt")]
    public void Write_Checkpoint_ComesBackTheSame(string golden)
    {
        var original = Repository.Golden(golden.Split('/'));
        Convert(original, new ConversionOptions());
        using var whole = OpenNmtCheckpoint.Open(original);
        using var split = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        var diff = CheckpointDiff.Run(whole, split, TestContext.Current.CancellationToken);
        Assert.True(diff.IsSame);
        Assert.Equal(whole.Tensors.Count, split.Tensors.Count);
        Assert.Equal([folder.File("x.00.safetensors")], split.WeightFiles.Select(file => file.FilePath));
        Assert.Equal(ContainerTensors(whole) - ModelTensors(whole), split.Checkpoint.Tensors.Count); // the optimizer's stay
        Assert.Null(split.Checkpoint.Find("/model"));
        Assert.Null(split.Checkpoint.Find("/generator"));
    }

    [Fact]
    public void Write_OntoASplitCheckpoint_CastsAndReplacesBothFiles()
    {
        Convert(Repository.Golden("base", "model.pt"), new ConversionOptions());
        var report = Convert(folder.File("x.pt"), new ConversionOptions { ElementType = DType.BFloat16 });
        using var split = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        Assert.All(split.Tensors, tensor => Assert.Equal(DType.BFloat16, tensor.View.DType));
        Assert.Equal(report.CastCount, split.Tensors.Count);
        Assert.Equal(folder.File("x.00.safetensors"), report.File.WeightsPath);
        Assert.Equal(2, Directory.GetFiles(folder.Root).Length);
    }

    [Fact]
    public void Write_BackIntoOneFile_IsTheOriginalAgain()
    {
        Convert(Repository.Golden("gelu", "model.pt"), new ConversionOptions());
        using (var split = OpenNmtCheckpoint.Open(folder.File("x.pt")))
            CheckpointConversion.Run(split, CheckpointDestination.File(folder.File("x.pt")), cancellationToken: TestContext.Current.CancellationToken);
        File.Delete(folder.File("x.00.safetensors"));
        using var original = OpenNmtCheckpoint.Open(Repository.Golden("gelu", "model.pt"));
        using var again = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        Assert.True(CheckpointDiff.Run(original, again, TestContext.Current.CancellationToken).IsSame);
    }

    [Theory]
    [InlineData("containers", "state-dict.pt")]
    [InlineData("containers", "whole-module.pt")]
    public void Write_WhatIsNoOpenNmtCheckpoint_IsRefusedAndLeavesNothing(params string[] golden)
    {
        Assert.Contains("expected one with opt", Assert.Throws<UnsupportedCheckpointException>(() => Convert(Repository.Golden(golden), new ConversionOptions())).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_BesideAnotherNumberedFile_IsRefusedAndLeavesTheOldFiles()
    {
        Convert(Repository.Golden("base", "model.pt"), new ConversionOptions());
        var old = File.ReadAllBytes(folder.File("x.00.safetensors"));
        File.WriteAllText(folder.File("x.07.safetensors"), "");
        Assert.Contains("x.07.safetensors would be read", Assert.Throws<IOException>(() => Convert(Repository.Golden("gelu", "model.pt"), new ConversionOptions())).Message, StringComparison.Ordinal);
        Assert.Equal(old, File.ReadAllBytes(folder.File("x.00.safetensors")));
        Assert.Equal(3, Directory.GetFiles(folder.Root).Length);
    }

    [Fact]
    public void Write_BesideTheTrainersUnnumberedFile_WritesTheNumberedOneThatIsRead()
    {
        File.WriteAllText(folder.File("x.safetensors"), "not read any more");
        Convert(Repository.Golden("base", "model.pt"), new ConversionOptions());
        using var split = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        Assert.Equal("x.00.safetensors", Path.GetFileName(Assert.Single(split.WeightFiles).FilePath));
    }

    private static int ContainerTensors(OpenNmtCheckpoint checkpoint) => checkpoint.Checkpoint.Tensors.Count;

    private static int ModelTensors(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Checkpoint.Tensors.Count(tensor => tensor.ObjectPath.StartsWith("/model/", StringComparison.Ordinal) || tensor.ObjectPath.StartsWith("/generator/", StringComparison.Ordinal));

    private ConversionReport Convert(string path, ConversionOptions options)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(path);
        return CheckpointConversion.Run(checkpoint, CheckpointDestination.File(folder.File("x.pt")).AsSplit(), options, cancellationToken: TestContext.Current.CancellationToken);
    }
}
