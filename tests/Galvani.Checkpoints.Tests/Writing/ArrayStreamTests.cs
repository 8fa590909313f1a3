using System.Buffers.Binary;
using System.Text.Json;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Writing;

/// <summary>Arrays from streams, in three formats.</summary>
public sealed class ArrayStreamTests
{
    private static readonly float[] Numbers = [.. Enumerable.Range(0, 60_000).Select(i => i / 7f)];

    [Fact]
    public void WriteMany_Npz_ReadsBackEqual()
    {
        using var folder = new TemporaryFolder();
        ArrayStream.WriteMany(folder.File("x.npz"), ".npz", [new("a", [20_000, 2]), new("b", [0, 5]), new("c", [20_000])], Bytes());
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal(Numbers[..40_000], arrays["a"].ToSingles());
        Assert.Equal([0L, 5L], arrays["b"].Shape);
        Assert.Equal(Numbers[40_000..], arrays["c"].ToSingles());
    }

    [Fact]
    public void WriteMany_Safetensors_HasAnAlignedHeaderAndDataWithoutHoles()
    {
        using var folder = new TemporaryFolder();
        ArrayStream.WriteMany(folder.File("x.safetensors"), ".safetensors", [new("имя \"a\"", [20_000, 2]), new("c", [20_000])], Bytes());
        var bytes = File.ReadAllBytes(folder.File("x.safetensors"));
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, header % 8);
        using var json = JsonDocument.Parse(bytes.AsMemory(8, header));
        Assert.Equal("[0,160000]", json.RootElement.GetProperty("имя \"a\"").GetProperty("data_offsets").GetRawText());
        Assert.Equal("[160000,240000]", json.RootElement.GetProperty("c").GetProperty("data_offsets").GetRawText());
        Assert.Equal(Bytes().ToArray(), bytes[(8 + header)..]);
    }

    [Theory]
    [InlineData(".npy")]
    [InlineData(".npz")]
    [InlineData(".safetensors")]
    public void Write_StreamThatIsTooShort_LeavesNoFile(string extension)
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<EndOfStreamException>(() => ArrayStream.Write(folder.File("x" + extension), extension, "a", [60_001], Bytes()));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_OtherExtension_IsRefused() => Assert.Throws<ArgumentException>(() => ArrayStream.Write("x.csv", ".csv", "a", [1], Bytes()));

    private static MemoryStream Bytes()
    {
        var bytes = new byte[Numbers.Length * sizeof(float)];
        for (var i = 0; i < Numbers.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), Numbers[i]);
        return new MemoryStream(bytes);
    }
}
