using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>What is read and written again is equal in content.</summary>
public sealed class CheckpointWriterTests
{
    public static TheoryData<string> Files =>
    [
        .. new[] { "state-dict", "deflated", "dtypes", "layouts", "newer-records", "tree", "tree-protocol3", "tree-protocol4", "tree-protocol5", "whole-module" }
            .Select(name => Repository.Golden("containers", name + ".pt")),
        .. Repository.GoldenOptions.Select(option => Repository.Golden(option, "model.pt")),
        Repository.Golden("opennmt-v2", "model.pt"),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Write_WhatWasRead_IsEqualInContent(string path)
    {
        using var folder = new TemporaryFolder();
        using var original = Checkpoint.Open(path);
        CheckpointWriter.Write(folder.File("copy.pt"), original.Root, cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("copy.pt"));
        TreeAssert.Equal(original, copy);
    }

    [Fact]
    public void Write_OntoTheFileThatIsRead_ReplacesItWhole()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Golden("base", "model.pt"), folder.File("model.pt"));
        using (var original = Checkpoint.Open(folder.File("model.pt")))
            CheckpointWriter.Write(folder.File("model.pt"), original.Root, cancellationToken: TestContext.Current.CancellationToken);
        using var before = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        using var after = Checkpoint.Open(folder.File("model.pt"));
        TreeAssert.Equal(before, after);
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_Tensors_AlignsTheirDataTo64Bytes()
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter.Write(folder.File("x.pt"), CheckpointTree.Dictionary([
            new("a", CheckpointTree.Tensor([1, 2, 3], 3)), new("b", CheckpointTree.Tensor([4, 5, 6, 7], 2, 2))]), cancellationToken: TestContext.Current.CancellationToken);
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        Assert.All(checkpoint.Entries, entry => Assert.Equal(0, entry.DataOffset % 64));
        Assert.Equal([4, 5, 6, 7], checkpoint.Tensors[1].View.ToSingles());
    }

    [Fact]
    public void Write_Cancelled_LeavesTheOldFileAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.pt"), "old");
        using var original = Checkpoint.Open(Repository.Golden("base", "model.pt"));
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => CheckpointWriter.Write(folder.File("x.pt"), original.Root, cancellationToken: source.Token));
        Assert.Equal("old", File.ReadAllText(folder.File("x.pt")));
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    /// <summary>What is written can be read: many tensors of next to no bytes, whose tree is large beside the file.</summary>
    [Fact]
    public void Write_VeryManySmallTensors_AreWithinTheReadersLimits()
    {
        const int Count = 130_000;
        using var folder = new TemporaryFolder();
        CheckpointWriter.Write(folder.File("many.pt"), CheckpointTree.Dictionary(
            Enumerable.Range(0, Count).Select(i => KeyValuePair.Create(FormattableString.Invariant($"t{i}"), (PickleValue)CheckpointTree.Tensor([i], 1)))), progress: null, TestContext.Current.CancellationToken);
        using var checkpoint = Checkpoint.Open(folder.File("many.pt"));
        Assert.Equal(Count, checkpoint.Tensors.Count);
        Assert.Equal([Count - 1], checkpoint.Tensors[^1].View.ToSingles());
    }
}
