using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>Nodes that are made, not read.</summary>
public sealed class CheckpointTreeTests
{
    [Fact]
    public void Computed_Written_HasTheBytesThatWereMade()
    {
        using var folder = new TemporaryFolder();
        byte[] halves = [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38, 0x00, 0x00, 0xff, 0x7b, 0x01, 0x00];
        var tensor = CheckpointTree.Computed(DType.Float16, [2, 3], (first, destination) => halves.AsSpan((int)first * 2, destination.Length).CopyTo(destination));
        CheckpointWriter.Write(folder.File("tree.pt"), CheckpointTree.Dictionary([new("weight", tensor)]), cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("tree.pt"));
        var view = ((PickleTensor)((PickleDictionary)copy.Root)["weight"]!).View;
        Assert.Equal(DType.Float16, view.DType);
        Assert.Equal([2L, 3L], view.Shape);
        Assert.Equal([1f, -2f, 0.5f, 0f, 65504f, 5.9604645e-8f], view.ToSingles());
    }

    [Fact]
    public void Computed_UnderTwoNames_IsOneStorage()
    {
        using var folder = new TemporaryFolder();
        var tensor = CheckpointTree.Computed(DType.UInt8, [4], (_, destination) => destination.Fill(7));
        CheckpointWriter.Write(folder.File("tree.pt"), CheckpointTree.Dictionary([new("a", tensor), new("b", tensor)]), cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("tree.pt"));
        var root = (PickleDictionary)copy.Root;
        Assert.Same(((PickleTensor)root["a"]!).View.Storage, ((PickleTensor)root["b"]!).View.Storage);
    }

    [Fact]
    public void Computed_SizesThatCannotBe_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => CheckpointTree.Computed(DType.Float32, [-1], (_, _) => { }));
        Assert.Throws<OverflowException>(() => CheckpointTree.Computed(DType.Float32, [1L << 40, 1L << 40], (_, _) => { }));
    }

    [Fact]
    public void Namespace_Written_IsANamespaceInOrder()
    {
        using var folder = new TemporaryFolder();
        var options = CheckpointTree.Namespace([new("heads", CheckpointTree.Integer(8)), new("data", CheckpointTree.Text(""))]);
        CheckpointWriter.Write(folder.File("tree.pt"), options, cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("tree.pt"));
        var root = (PickleDictionary)copy.Root;
        Assert.Equal("argparse.Namespace", root.TypeName);
        Assert.Equal(["heads", "data"], root.Entries.Select(entry => ((PickleString)entry.Key).Value));
    }
}
