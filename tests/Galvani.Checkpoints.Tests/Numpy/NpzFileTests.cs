using Galvani.Checkpoints.Numpy;

namespace Galvani.Checkpoints.Tests.Numpy;

/// <summary>Arrays of numpy, read and written.</summary>
public sealed class NpzFileTests
{
    [Fact]
    public void Read_GoldenArrays_HaveTheirShapes()
    {
        var arrays = NpzFile.Read(Repository.Golden("base", "expected.npz"));
        var source = arrays["0.source"].ToInt64s();
        Assert.Equal([source.Length, 32L], arrays["0.encoded"].Shape);
        Assert.All(source, id => Assert.InRange(id, 0, 100));
    }

    [Fact]
    public void Write_WhatIsWritten_ReadsBackEqual()
    {
        using var folder = new TemporaryFolder();
        NpzFile.Write(folder.File("x.npz"), [
            new("a", NumpyArray.Create([1.5f, float.NaN, -0f, 3, 4, 5], 2, 3)), new("ids", NumpyArray.Create([1L, long.MinValue], 2)), new("none", NumpyArray.Create(ReadOnlySpan<float>.Empty, 0, 7))]);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal([1.5f, float.NaN, -0f, 3, 4, 5], arrays["a"].ToSingles());
        Assert.Equal([2L, 3L], arrays["a"].Shape);
        Assert.Equal([1L, long.MinValue], arrays["ids"].ToInt64s());
        Assert.Equal([0L, 7L], arrays["none"].Shape);
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", "its shape needs")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "exactly")]
    [InlineData("__import__('os')", "'{'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "size")]
    public void Parse_BrokenHeader_SaysWhat(string header, string expected)
    {
        byte[] file = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), 0, 0, 0, 0];
        var exception = Assert.Throws<CheckpointFormatException>(() => NpyFile.Parse(file, "x.npy", entry: null));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'|O'", "objects")]
    [InlineData("'<U5'", "'<U5'")]
    [InlineData("'<c8'", "complex")]
    [InlineData("[('a', '<f4')]", "'record'")]
    public void Parse_OtherElements_AreUnsupportedByName(string type, string expected)
    {
        var header = $"{{'descr': {type}, 'fortran_order': False, 'shape': (1,), }}";
        byte[] file = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), 0, 0, 0, 0];
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => NpyFile.Parse(file, "x.npy", entry: null));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
