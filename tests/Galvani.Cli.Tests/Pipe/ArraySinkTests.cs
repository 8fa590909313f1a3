using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Commands;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>Vectors into files of arrays.</summary>
public sealed class ArraySinkTests
{
    [Fact]
    public void Complete_RowPerLine_HasAZeroRowForABlankLine()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.npz"), isPerToken: false, [1, 2], [], [3, 4]);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal([3L, 2L], arrays["vectors"].Shape);
        Assert.Equal([1f, 2f, 0f, 0f, 3f, 4f], arrays["vectors"].ToSingles());
    }

    [Fact]
    public void Complete_ArrayPerLine_HasAnArrayForEachLine()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.npz"), isPerToken: true, [1, 2, 3, 4], [], [5, 6]);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal(["0.embedded", "1.embedded", "2.embedded"], arrays.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2L, 2L], arrays["0.embedded"].Shape);
        Assert.Equal([0L, 2L], arrays["1.embedded"].Shape);
        Assert.Equal([5f, 6f], arrays["2.embedded"].ToSingles());
    }

    [Theory]
    [InlineData("x.npy", false)]
    [InlineData("x.safetensors", false)]
    [InlineData("x.safetensors", true)]
    public void Complete_OtherFormats_LeaveOneFile(string name, bool isPerToken)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File(name), isPerToken, [1, 2]);
        Assert.Equal([folder.File(name)], Directory.GetFiles(folder.Root));
        Assert.Equal(BitConverter.GetBytes(2f), File.ReadAllBytes(folder.File(name))[^4..]);
    }

    [Fact]
    public void Dispose_WithoutComplete_LeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        using (var sink = VectorSink.Create(folder.File("x.npy"), width: 2, isPerToken: false))
            sink.Write(new EmbeddedLine([1, 2], []));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Create_BadTarget_IsRefusedBeforeAnyWork()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<UsageException>(() => VectorSink.Create(folder.File("x.txt"), width: 2, isPerToken: false));
        Assert.Throws<UsageException>(() => VectorSink.Create(folder.File("x.npy"), width: 2, isPerToken: true));
        Assert.Throws<DirectoryNotFoundException>(() => VectorSink.Create(folder.File("missing", "x.npy"), width: 2, isPerToken: false));
        Assert.Throws<IOException>(() => VectorSink.Create("/dev/null.npy", width: 2, isPerToken: false));
    }

    private static void Write(string path, bool isPerToken, params float[][] lines)
    {
        using var sink = VectorSink.Create(path, width: 2, isPerToken);
        foreach (var line in lines)
            sink.Write(new EmbeddedLine(line, []));
        sink.Complete();
    }
}
