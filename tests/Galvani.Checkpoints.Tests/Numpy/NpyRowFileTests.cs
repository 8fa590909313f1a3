using Galvani.Checkpoints.Numpy;

namespace Galvani.Checkpoints.Tests.Numpy;

/// <summary>Matrices written row by row.</summary>
public sealed class NpyRowFileTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12_345)]
    public void Write_AnyNumberOfRows_EqualsTheFileWrittenAtOnce(int count)
    {
        using var folder = new TemporaryFolder();
        float[] numbers = [.. Enumerable.Range(0, 3 * count).Select(i => i / 7f)];
        NpyRowFile.Write(folder.File("rows.npy"), 3, rows =>
        {
            Parallel.For(0, (count + 99) / 100, part => rows.Write(part * 100, numbers.AsSpan(part * 300, Math.Min(300, numbers.Length - part * 300))));
            return count;
        });
        NpyFile.Write(folder.File("whole.npy"), NumpyArray.Create(numbers, count, 3));
        Assert.Equal(File.ReadAllBytes(folder.File("whole.npy")), File.ReadAllBytes(folder.File("rows.npy")));
    }

    /// <summary>Enough for the disk to be asked in between.</summary>
    [Fact]
    public void Write_ManyMegabytes_KeepsEveryRow()
    {
        const int Width = 1 << 18; // a megabyte a row
        const int Count = 70;
        using var folder = new TemporaryFolder();
        NpyRowFile.Write(folder.File("rows.npy"), Width, rows =>
        {
            Parallel.For(0, Count, row =>
            {
                var numbers = new float[Width];
                numbers.AsSpan().Fill(row);
                rows.Write(row, numbers);
            });
            return Count;
        });
        var array = NpyFile.Read(folder.File("rows.npy"));
        Assert.Equal([(long)Count, Width], array.Shape);
        var read = array.ToSingles();
        Assert.All(Enumerable.Range(0, Count), row => Assert.False(read.AsSpan(row * Width, Width).ContainsAnyExcept(row)));
    }

    [Fact]
    public void Write_PartOfARow_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => NpyRowFile.Write(folder.File("rows.npy"), 2, rows =>
        {
            rows.Write(0, new float[3]);
            return 1;
        }));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Write_OtherNumberOfRowsThanSaid_LeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        var exception = Assert.Throws<InvalidOperationException>(() => NpyRowFile.Write(folder.File("rows.npy"), 2, rows =>
        {
            rows.Write(0, new float[2]);
            return 2;
        }));
        Assert.StartsWith("8 bytes were written, expected 2 rows of 2 float32 numbers.", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }
}
