using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests.Tensors;

/// <summary>Tensors that are kept without their tree are the same tensors.</summary>
public sealed class MappedTensorsTests
{
    private const int StorageElements = 60;

    public static TheoryData<long[], long[], long> Views => new()
    {
        { [5, 4, 3], [12, 3, 1], 0 },
        { [3, 4, 5], [1, 3, 12], 0 },
        { [3, 4], [0, 1], 7 },
        { [2, 2], [0, 0], 59 },
        { [20], [3], 0 },
        { [20], [3], 2 },
        { [1, 20, 1], [999, 3, 999], 1 },
        { [4, 0, 2], [1, 1, 1], 60 },
        { [], [], 11 },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void Item_AnyView_HasTheSameElements(long[] shape, long[] strides, long offset)
    {
        foreach (var isDeflated in (bool[])[false, true])
        {
            using var folder = new TemporaryFolder();
            var checkpoint = Checkpoint.Open(Write(folder.File("x.pt"), isDeflated, tree => tree.Tensor("0", StorageElements, offset, shape, strides)));
            var expected = Assert.Single(checkpoint.Tensors).View;
            using var tensors = MappedTensors.TakeOver([checkpoint], [expected]);
            var actual = tensors[0];
            Assert.Equal(1, tensors.Count);
            Assert.Equal((expected.DType, expected.RequiresGrad, expected.IsParameter, expected.IsContiguous), (actual.DType, actual.RequiresGrad, actual.IsParameter, actual.IsContiguous));
            Assert.Equal(expected.Shape, actual.Shape);
            Assert.Equal(expected.ToSingles(), actual.ToSingles());
        }
    }

    /// <summary>Two files, one of them of other types, as one list in an order of its own.</summary>
    [Fact]
    public void TakeOver_SeveralFiles_KeepsTheOrderAndClosesThemAll()
    {
        using var folder = new TemporaryFolder();
        var first = Checkpoint.Open(Write(folder.File("a.pt"), isDeflated: false, tree => tree.Tensor("0", StorageElements, 3, [2, 3], [3, 1])));
        File.WriteAllBytes(folder.File("b.safetensors"), SafetensorsBuilder.Build($"{{{SafetensorsBuilder.Entry("x", "U8", "[4]", "[0,4]")},{SafetensorsBuilder.Entry("y", "I16", "[2,1]", "[4,8]")}}}", 8));
        var second = Checkpoint.Open(folder.File("b.safetensors"));
        var tensors = MappedTensors.TakeOver([first, second], [second.Tensors[1].View, first.Tensors[0].View, second.Tensors[0].View]);
        Assert.Equal([DType.Int16, DType.Float32, DType.UInt8], Enumerable.Range(0, tensors.Count).Select(i => tensors[i].DType));
        Assert.Equal([(float)0x0504, 0x0706], tensors[0].ToSingles());
        Assert.Equal([3f, 4, 5, 6, 7, 8], tensors[1].ToSingles());
        Assert.Equal([0f, 1, 2, 3], tensors[2].ToSingles());
        Assert.Throws<ArgumentOutOfRangeException>(() => tensors[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensors[-1]);
        tensors.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensors[1].ToSingles());
        Assert.Throws<ObjectDisposedException>(() => second.Tensors[0].View.ToSingles());
    }

    /// <summary>The tree is gone when nothing but the kept tensors is held.</summary>
    [Fact]
    public void TakeOver_CheckpointThatIsNotHeld_LeavesNothingOfItsTree()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.pt"), isDeflated: false, tree => tree.Tensor("0", StorageElements, 0, [StorageElements], [1]));
        var (tensors, root) = Open(folder.File("x.pt"));
        GC.Collect();
        Assert.False(root.IsAlive);
        Assert.Equal(59f, tensors[0].ToSingles()[^1]);
        tensors.Dispose();
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (MappedTensors Tensors, WeakReference Root) Open(string path)
    {
        var checkpoint = Checkpoint.Open(path);
        return (MappedTensors.TakeOver([checkpoint], [checkpoint.Tensors[0].View]), new WeakReference(checkpoint.Root));
    }

    /// <summary>A file with a storage of the numbers 0, 1, 2 ...</summary>
    private static string Write(string path, bool isDeflated, Action<RawPickle> tree)
    {
        var numbers = Enumerable.Range(0, StorageElements).SelectMany(number => BitConverter.GetBytes((float)number)).ToArray();
        var file = new ZipBuilder().Add("archive/data.pkl", RawPickle.Of(tree));
        File.WriteAllBytes(path, (isDeflated ? file.AddDeflated("archive/data/0", numbers) : file.Add("archive/data/0", numbers)).Build());
        return path;
    }
}
