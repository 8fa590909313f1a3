using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>Vectors into files of arrays.</summary>
public sealed class ArraySinkTests
{
    [Fact]
    public void Collect_RowPerLine_HasAZeroRowForABlankLine()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.npz"), EmbeddedForm.Mean, [1, 2], [], [3, 4]);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal([3L, 2L], arrays["vectors"].Shape);
        Assert.Equal([1f, 2f, 0f, 0f, 3f, 4f], arrays["vectors"].ToSingles());
    }

    [Fact]
    public void Collect_ArrayPerLine_HasAnArrayForEachLine()
    {
        using var folder = new TemporaryFolder();
        Write(folder.File("x.npz"), EmbeddedForm.Tokens, [1, 2, 3, 4], [], [5, 6]);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal(["0.embedded", "1.embedded", "2.embedded"], arrays.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2L, 2L], arrays["0.embedded"].Shape);
        Assert.Equal([0L, 2L], arrays["1.embedded"].Shape);
        Assert.Equal([5f, 6f], arrays["2.embedded"].ToSingles());
    }

    [Theory]
    [InlineData("x.npy", nameof(EmbeddedForm.Mean))]
    [InlineData("x.safetensors", nameof(EmbeddedForm.Mean))]
    [InlineData("x.safetensors", nameof(EmbeddedForm.Tokens))]
    public void Collect_OtherFormats_LeaveOneFile(string name, string form)
    {
        using var folder = new TemporaryFolder();
        Write(folder.File(name), Enum.Parse<EmbeddedForm>(form), [1, 2]);
        Assert.Equal([folder.File(name)], Directory.GetFiles(folder.Root));
        Assert.Equal(BitConverter.GetBytes(2f), File.ReadAllBytes(folder.File(name))[^4..]);
    }

    [Fact]
    public void Dispose_WithoutCollect_LeavesNoFile()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["x.npy", "x.npz"])
        {
            using var sink = VectorSink.Create(folder.File(name), width: 2, EmbeddedForm.Mean);
            Assert.Throws<InvalidDataException>(() => sink.Collect(() => throw new InvalidDataException()));
        }

        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Create_BadTarget_IsRefusedBeforeAnyWork()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<UsageException>(() => VectorSink.Create(folder.File("x.txt"), width: 2, EmbeddedForm.Mean));
        Assert.Throws<UsageException>(() => VectorSink.Create(folder.File("x.npy"), width: 2, EmbeddedForm.Tokens));
        Assert.Throws<DirectoryNotFoundException>(() => VectorSink.Create(folder.File("missing", "x.npy"), width: 2, EmbeddedForm.Mean));
        Assert.Throws<IOException>(() => VectorSink.Create("/dev/null.npy", width: 2, EmbeddedForm.Mean));
    }

    private static void Write(string path, EmbeddedForm form, params float[][] lines)
    {
        using var sink = VectorSink.Create(path, width: 2, form);
        sink.Collect(() =>
        {
            sink.Write(Batch(form, lines));
            return 0;
        });
    }

    private static EmbeddedBatch Batch(EmbeddedForm form, float[][] lines)
    {
        var batch = new EmbeddedBatch();
        foreach (var line in lines)
        {
            var row = form == EmbeddedForm.Mean && line.Length == 0 ? new float[2] : line;
            batch.RowCounts.Add(line.Length / 2);
            row.CopyTo(batch.Add(row.Length));
        }

        return batch;
    }
}
