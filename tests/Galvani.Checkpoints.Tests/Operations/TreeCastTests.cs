using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Operations;

/// <summary>Casts of whole trees: values, what stays, sharing, overflows.</summary>
public sealed class TreeCastTests
{
    [Theory]
    [InlineData("tree")]
    [InlineData("layouts")]
    [InlineData("whole-module")]
    public void Apply_NothingChosen_IsTheSameTree(string name)
    {
        using var folder = new TemporaryFolder();
        using var original = Checkpoint.Open(Repository.Golden("containers", name + ".pt"));
        CheckpointWriter.Write(folder.File("copy.pt"), TreeCast.Apply(original.Root, new FloatCast(DType.Float16), _ => false), cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("copy.pt"));
        TreeAssert.Equal(original, copy);
    }

    [Fact]
    public void Apply_EveryType_CastsRealFloatsAndLeavesTheRest()
    {
        using var folder = new TemporaryFolder();
        using var original = Checkpoint.Open(Repository.Golden("containers", "dtypes.pt"));
        CheckpointWriter.Write(folder.File("x.pt"), TreeCast.Apply(original.Root, new FloatCast(DType.Float32), _ => true), cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("x.pt"));
        foreach (var (before, after) in original.Tensors.Zip(copy.Tensors))
        {
            Assert.Equal(before.ObjectPath, after.ObjectPath);
            Assert.Equal(before.View.DType.IsFloatingPoint() ? DType.Float32 : before.View.DType, after.View.DType);
            if (before.View.DType.IsReadable() && !before.View.DType.IsComplex())
                Assert.Equal(before.View.ToSingles(), after.View.ToSingles());
        }
    }

    [Fact]
    public void Apply_ViewsOfOneStorage_StayViewsOfOneStorage()
    {
        using var folder = new TemporaryFolder();
        using var original = Checkpoint.Open(Repository.Golden("containers", "layouts.pt"));
        CheckpointWriter.Write(folder.File("x.pt"), TreeCast.Apply(original.Root, new FloatCast(DType.BFloat16), _ => true), cancellationToken: TestContext.Current.CancellationToken);
        using var copy = Checkpoint.Open(folder.File("x.pt"));
        foreach (var (before, after) in original.Tensors.Zip(copy.Tensors))
        {
            Assert.Equal(before.View.Strides, after.View.Strides);
            Assert.Equal(before.View.StorageOffset, after.View.StorageOffset);
        }

        Assert.Equal(Sharing(original), Sharing(copy));
        Assert.True(Sharing(original).Distinct().Count() < original.Tensors.Count);
    }

    [Fact]
    public void Apply_NumbersBeyondTheRange_AreCountedByTensor()
    {
        var root = CheckpointTree.Dictionary([new("small", CheckpointTree.Tensor([1, 2], 2)), new("large", CheckpointTree.Tensor([70000, -1e9f, float.PositiveInfinity, 65504], 4))]);
        var cast = new FloatCast(DType.Float16);
        using var stream = new MemoryStream();
        CheckpointWriter.Write(stream, TreeCast.Apply(root, cast, _ => true), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([new CastOverflow("/large", 2)], cast.Overflows);
    }

    [Fact]
    public void FloatCast_TypeThatIsNoTarget_IsRefused() => Assert.Throws<ArgumentException>(() => new FloatCast(DType.Int8));

    private static List<int> Sharing(Checkpoint checkpoint)
    {
        var first = new Dictionary<StorageView, int>(ReferenceEqualityComparer.Instance);
        return [.. checkpoint.Tensors.Select((tensor, index) => first.TryGetValue(tensor.View.Storage, out var known) ? known : first[tensor.View.Storage] = index)];
    }
}
