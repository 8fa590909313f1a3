using System.Text;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests.Numpy;

/// <summary>numpy's files as files of tensors.</summary>
public sealed class NumpyContainerTests
{
    [Fact]
    public void Open_Array_IsNamedArray() => HostileFile.Open(Array("<f4", "False", "(2, 3)", Floats(6)), checkpoint =>
    {
        Assert.Equal(ContainerKind.Npy, checkpoint.Container);
        Assert.Equal("/array", checkpoint.Tensors.Single().ObjectPath);
        Assert.Equal([0f, 1, 2, 3, 4, 5], checkpoint.Tensors[0].View.ToSingles());
        Assert.Equal([3L, 1], checkpoint.Tensors[0].View.Strides);
    });

    [Fact]
    public void Open_FortranOrder_IsStrides() => HostileFile.Open(Array("<f4", "True", "(2, 3)", Floats(6)), checkpoint =>
    {
        Assert.Equal([1L, 2], checkpoint.Tensors[0].View.Strides);
        Assert.Equal([0f, 2, 4, 1, 3, 5], checkpoint.Tensors[0].View.ToSingles());
    });

    [Fact]
    public void Open_BigEndian_IsTurned() => HostileFile.Open(Array(">i2", "False", "(2,)", [0, 1, 0xFF, 0xFE]), checkpoint =>
    {
        Assert.Equal([1f, -2], checkpoint.Tensors[0].View.ToSingles());
        Assert.Equal(DType.Int16, checkpoint.Tensors[0].View.DType);
    });

    [Fact]
    public void Open_BigEndianComplex_IsTurnedByHalves() => HostileFile.Open(Array(">c8", "False", "(1,)", [0x3F, 0x80, 0, 0, 0x40, 0, 0, 0]), checkpoint =>
        Assert.Equal([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40], checkpoint.Tensors[0].View.Element(0).ToArray()));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_Archive_HasEveryArray(bool isDeflated)
    {
        var zip = new ZipBuilder();
        foreach (var (name, array) in new[] { ("a.b.npy", Array("<f4", "False", "(6,)", Floats(6))), ("empty.npy", Array("<i8", "False", "(0, 5)", [])), ("scalar.npy", Array("|b1", "False", "()", [1])) })
            _ = isDeflated ? zip.AddDeflated(name, array) : zip.Add(name, array);
        HostileFile.Open(zip.Build(), checkpoint =>
        {
            Assert.Equal(ContainerKind.Npz, checkpoint.Container);
            Assert.Equal(["/a.b", "/empty", "/scalar"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath));
            Assert.Equal([0f, 1, 2, 3, 4, 5], checkpoint.Tensors[0].View.ToSingles());
            Assert.Equal([0L, 5], checkpoint.Tensors[1].View.Shape);
            Assert.Equal([1f], checkpoint.Tensors[2].View.ToSingles());
        });
    }

    [Theory]
    [InlineData("(7,)", "its shape needs 28")]
    [InlineData("(5,)", "its shape needs 20")]
    [InlineData("(4611686018427387904, 4)", "its shape needs 9223372036854775807")]
    [InlineData("(-6,)", "no size")]
    public void Open_ShapeThatDoesNotFit_IsRefused(string shape, string expected) =>
        Assert.Contains(expected, HostileFile.Fail(Array("<f4", "False", shape, Floats(6))).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_SixtyFiveDimensions_NamesTheLimit() =>
        Assert.Contains("(Rank)", HostileFile.Fail(Array("|u1", "False", $"({string.Join(", ", Enumerable.Repeat(1, 65))})", [1])).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_LongHeader_IsRefused()
    {
        byte[] file = [0x93, .. "NUMPY"u8, 2, 0, 0x00, 0x00, 0x10, 0x00, .. new byte[1 << 20]];
        Assert.Contains("the most is 10000", HostileFile.Fail(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EntryThatIsNoArray_IsRefused() =>
        Assert.Contains("expected names that end with .npy", HostileFile.Fail(new ZipBuilder().Add("a.npy", Array("|u1", "False", "(1,)", [1])).Add("b.txt", [1]).Build()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("|O")]
    [InlineData("<M8[D]")]
    [InlineData("<m8[s]")]
    [InlineData("<f16")]
    [InlineData("<c32")]
    [InlineData("|V3")]
    [InlineData("<V2")]
    [InlineData("<f1")]
    [InlineData("|S2")]
    public void Open_ElementsThatAreNoNumbersOfTorch_AreUnsupportedByName(string type) => HostileFile.With(Array(type, "False", "(1,)", new byte[8]), path =>
    {
        Assert.Contains(type, Assert.Throws<UnsupportedCheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        return true;
    });

    private static byte[] Array(string type, string fortran, string shape, byte[] data)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. data];
    }

    private static byte[] Floats(int count) => NumpyArray.Create([.. Enumerable.Range(0, count).Select(i => (float)i)], count).Bytes.ToArray();
}
