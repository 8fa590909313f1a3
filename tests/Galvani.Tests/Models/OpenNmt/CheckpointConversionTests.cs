using Galvani.Checkpoints;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Tests;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Conversion between formats, types and versions; release.</summary>
public sealed class CheckpointConversionTests
{
    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    [Fact]
    public void Run_Version2ToVersion3_EqualsTheToolkitsOwnConversion()
    {
        using var folder = new TemporaryFolder();
        using var old = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        var report = Run(old, folder.File("x.pt"), new ConversionOptions { Form = ToolkitForm.Version3 });
        using var expected = Checkpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        using var actual = Checkpoint.Open(folder.File("x.pt"));
        TreeAssert.Equal(expected, actual);
        Assert.Equal(6, report.Changes.Count);
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Run_Version3ToVersion3_ChangesNothing(string option)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        Assert.Empty(Run(checkpoint, folder.File("x.pt"), new ConversionOptions { Form = ToolkitForm.Version3 }).Changes);
        using var copy = Checkpoint.Open(folder.File("x.pt"));
        TreeAssert.Equal(checkpoint.Checkpoint, copy);
    }

    [Fact]
    public void Run_PlainStateDictToVersion3_SaysWhatIsMissing()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("containers", "state-dict.pt"));
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => Run(checkpoint, "x.pt", new ConversionOptions { Form = ToolkitForm.Version3 }));
        Assert.Contains("no opt and vocab", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    public void Run_CastOfATrainingCheckpoint_LeavesTheOptimizerAndTheSharing(DType type)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        var report = Run(checkpoint, folder.File("x.pt"), new ConversionOptions { ElementType = type });
        using var cast = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        Assert.All(cast.Tensors, tensor => Assert.Equal(type, tensor.View.DType));
        Assert.All(cast.Checkpoint.Tensors.Where(tensor => tensor.ObjectPath.StartsWith("/optim/", StringComparison.Ordinal)), tensor => Assert.NotEqual(type, tensor.View.DType));
        Assert.Same(cast.Require(OpenNmtNames.SourceEmbedding).Storage, cast.Require(OpenNmtNames.TargetEmbedding).Storage);
        Assert.Same(cast.Require(OpenNmtNames.SourceEmbedding).Storage, cast.Require(OpenNmtNames.GeneratorWeight).Storage);
        Assert.Equal(checkpoint.Tensors.Count, report.CastCount);
        Assert.Empty(report.Overflows);
    }

    [Fact]
    public void Run_ThereAndBack_IsTheRoundedModel()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        Run(checkpoint, folder.File("half.pt"), new ConversionOptions { ElementType = DType.Float16 });
        using var half = OpenNmtCheckpoint.Open(folder.File("half.pt"));
        Run(half, folder.File("back.pt"), new ConversionOptions { ElementType = DType.Float32 });
        using var back = OpenNmtCheckpoint.Open(folder.File("back.pt"));
        foreach (var (before, after) in checkpoint.Tensors.Zip(back.Tensors))
            Assert.Equal(before.View.ToSingles().Select(value => (float)(Half)value), after.View.ToSingles());
    }

    [Fact]
    public void Run_ToNpz_HasTheModelsTensorsUnderTheirNames()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        var report = Run(checkpoint, folder.File("x.npz"), new ConversionOptions());
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal(checkpoint.Tensors.Select(tensor => tensor.Name), arrays.Keys);
        Assert.All(checkpoint.Tensors, tensor => Assert.Equal(tensor.View.ToSingles(), arrays[tensor.Name].ToSingles()));
        Assert.Contains(report.File.Notes, note => note.Contains("vocab, opt, optim are not in the new file", StringComparison.Ordinal));
        Assert.Contains(report.File.Notes, note => note.Contains("generator.weight shared one storage", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_SplitForm_PutsTheWeightsBackIntoOneFile()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("separate-vocabularies", "model.pt"));
        Run(checkpoint, folder.File("m.00.safetensors"), new ConversionOptions());
        var root = (PickleDictionary)checkpoint.Checkpoint.Root;
        CheckpointWriter.Write(
            folder.File("m.pt"), CheckpointTree.Replace(root, ObjectTree.Children(root).Where(entry => entry.Key is not ("model" or "generator"))), cancellationToken: TestContext.Current.CancellationToken);
        using var split = OpenNmtCheckpoint.Open(folder.File("m.pt"));
        Run(split, folder.File("one.pt"), new ConversionOptions());
        using var one = OpenNmtCheckpoint.Open(folder.File("one.pt"));
        Assert.Empty(one.WeightFiles);
        Assert.True(CheckpointDiff.Run(checkpoint, one, TestContext.Current.CancellationToken).IsSame);
        Assert.Empty(LoaderRules.Violations(one));
    }

    [Theory]
    [InlineData("tree")]
    [InlineData("dtypes")]
    [InlineData("layouts")]
    public void Run_OldContainer_IsTheNewOneInContent(string name)
    {
        using var folder = new TemporaryFolder();
        using var legacy = OpenNmtCheckpoint.Open(Repository.Golden("containers", name + "-legacy.pt"));
        Run(legacy, folder.File("x.pt"), new ConversionOptions());
        using var expected = Checkpoint.Open(Repository.Golden("containers", name + "-legacy.pt"));
        using var actual = Checkpoint.Open(folder.File("x.pt"));
        Assert.Equal(Checkpoints.Containers.ContainerKind.TorchZip, actual.Container);
        TreeAssert.Equal(expected, actual);
    }

    [Fact]
    public void Run_WholeModuleToSafetensors_HasTheNamesOfItsStateDictionary()
    {
        using var folder = new TemporaryFolder();
        using var module = OpenNmtCheckpoint.Open(Repository.Golden("containers", "whole-module.pt"));
        Run(module, folder.File("x.safetensors"), new ConversionOptions());
        using var written = Checkpoint.Open(folder.File("x.safetensors"));
        Assert.Equal(["/0.weight", "/0.bias", "/1.weight", "/1.bias"], written.Tensors.Select(tensor => tensor.ObjectPath));
        Assert.Equal(module.Require("0.weight").ToSingles(), written.Tensors[0].View.ToSingles());
    }

    [Fact]
    public void Diff_CheckpointAndItsSafetensors_DifferInWhatTheFormatCannotHold()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        Run(checkpoint, folder.File("x.safetensors"), new ConversionOptions());
        using var named = OpenNmtCheckpoint.Open(folder.File("x.safetensors"));
        var report = CheckpointDiff.Run(checkpoint, named, TestContext.Current.CancellationToken);
        Assert.Equal("opt", Assert.Single(report.Options).Name);
        Assert.Empty(report.Tensors);
        Assert.Equal(checkpoint.Tensors.Count, report.ComparedCount);
    }

    [Fact]
    public void Release_TrainingCheckpoint_DropsTheOptimizerAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        var report = CheckpointRelease.Run(checkpoint, CheckpointDestination.File(folder.File("x.pt")), cancellationToken: TestContext.Current.CancellationToken);
        using var released = OpenNmtCheckpoint.Open(folder.File("x.pt"));
        Assert.True(report.Optimizer.IsPresent);
        Assert.False(released.Optimizer.IsPresent);
        Assert.Equal(["model", "generator", "vocab", "opt", "optim"], ObjectTree.Children(released.Checkpoint.Root).Select(child => child.Key));
        foreach (var (before, after) in checkpoint.Tensors.Zip(released.Tensors))
        {
            Assert.Equal(before with { View = after.View }, after);
            Assert.Equal(before.View.ToSingles(), after.View.ToSingles());
        }

        Assert.True(report.File.Bytes < checkpoint.Checkpoint.FileBytes);
    }

    private static ConversionReport Run(OpenNmtCheckpoint checkpoint, string path, ConversionOptions options) =>
        CheckpointConversion.Run(checkpoint, CheckpointDestination.File(path), options, cancellationToken: TestContext.Current.CancellationToken);
}
