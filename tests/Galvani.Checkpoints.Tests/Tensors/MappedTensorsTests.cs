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
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TakeOver_CheckpointThatIsNotHeld_LeavesNothingOfItsTree(bool isDeflated)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.pt"), isDeflated, tree => tree.Tensor("0", StorageElements, 0, [StorageElements], [1]));
        var (tensors, root, storage) = Open(folder.File("x.pt"));
        GC.Collect();
        Assert.False(root.IsAlive);
        Assert.False(storage.IsAlive);
        Assert.Equal(59f, tensors[0].ToSingles()[^1]);
        tensors.Dispose();
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (MappedTensors Tensors, WeakReference Root, WeakReference Storage) Open(string path)
    {
        var checkpoint = Checkpoint.Open(path);
        var view = checkpoint.Tensors[0].View;
        return (MappedTensors.TakeOver([checkpoint], [view]), new WeakReference(checkpoint.Root), new WeakReference(view.Storage));
    }

    public static TheoryData<string, byte[]> OtherForms => new()
    {
        { "the old container", LegacyBuilder.Tensor().Build() },
        { "a part of a storage in the old container", new LegacyBuilder { Pickle = RawPickle.Of(pickle => pickle.LegacyTensor("7", 4, 1, [2], [1], view => view.Op('(').Text("v").Long(1).Long(3).Op('t'))) }.Add("7", TarBuilder.Numbers).Build() },
        { "a tar archive", TarBuilder.Whole().Build() },
        { "arrays", new ZipBuilder().Add("a.npy", NumpyFile("<f4")).AddDeflated("b.npy", NumpyFile("<f4")).AddDeflated("c.npy", NumpyFile(">f4")).Add("d.npy", NumpyFile(">f4")).Build() },
        { "other types of a storage", ZipBuilder.Torch(RawPickle.Of(pickle => pickle.Op("](").Tensor("0", 16, 0, [16], [1], "ByteStorage").Op('e')), TarBuilder.Numbers).Build() },
    };

    [Theory]
    [MemberData(nameof(OtherForms))]
    public void Item_OtherForms_HasTheSameElements(string form, byte[] file)
    {
        Assert.NotEmpty(form);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);
        var checkpoint = Checkpoint.Open(folder.File("x"));
        var expected = checkpoint.Tensors.Select(tensor => tensor.View.ToSingles()).ToList();
        using var tensors = MappedTensors.TakeOver([checkpoint], checkpoint.Tensors.Select(tensor => tensor.View));
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Enumerable.Range(0, tensors.Count).Select(i => tensors[i].ToSingles()));
    }

    /// <summary>An entry that is broken is named, although its name was not kept.</summary>
    [Fact]
    public void Item_DeflatedEntryBroken_IsNamedWhenItIsRead()
    {
        using var folder = new TemporaryFolder();
        var pickle = RawPickle.Of(tree => tree.Tensor("0", 1000, 0, [1000], [1]));
        File.WriteAllBytes(folder.File("x.pt"), new ZipBuilder().Add("a/data.pkl", pickle).AddDeflated("a/data/0", new byte[4000], changePacked: packed => [.. packed.Select(value => (byte)~value)]).Build());
        var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        using var tensors = MappedTensors.TakeOver([checkpoint], [checkpoint.Tensors[0].View]);
        Assert.Equal("a/data/0", Assert.Throws<CheckpointFormatException>(() => tensors[0].ToSingles()).Entry);
    }

    private static byte[] NumpyFile(string type)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': (4,), }}";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), .. TarBuilder.Numbers];
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
