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
        NpyRowFile.Write(folder.File("rows.npy"), 3, stream =>
        {
            foreach (var number in numbers)
                stream.Write(BitConverter.GetBytes(number));
            return count;
        });
        NpyFile.Write(folder.File("whole.npy"), NumpyArray.Create(numbers, count, 3));
        Assert.Equal(File.ReadAllBytes(folder.File("whole.npy")), File.ReadAllBytes(folder.File("rows.npy")));
    }

    [Fact]
    public void Write_OtherNumberOfRowsThanSaid_LeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        var exception = Assert.Throws<InvalidOperationException>(() => NpyRowFile.Write(folder.File("rows.npy"), 2, stream =>
        {
            stream.Write(new byte[12]);
            return 2;
        }));
        Assert.StartsWith("12 bytes were written, expected 2 rows of 2 float32 numbers.", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }
}
