using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Tests.Pipe;

/// <summary>What a line is: PIPE.md's rule as docs/guide/pipes.md tells it, sentences 1 to 3.</summary>
public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("a\n", 1)]
    [InlineData("\n", 1)]
    [InlineData("\n\na", 3)]
    public void ReadBatch_LineFeeds_EndLines(string text, int expected) => Assert.Equal(expected, Read(Encoding.UTF8.GetBytes(text)).Count);

    [Fact]
    public void ReadBatch_CarriageReturnBeforeTheLineFeed_IsDropped() => Assert.Equal(["a", "b\r", "", "c\r"], Read("a\r\nb\r\r\n\r\nc\r"u8.ToArray()));

    [Fact]
    public void ReadBatch_OtherSeparators_AreText() =>
        Assert.Equal(["a\rb\u0085c\u2028d\u2029e\ufeff", "\ufefff"], Read(Encoding.UTF8.GetBytes("a\rb\u0085c\u2028d\u2029e\ufeff\n\ufefff")));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(65536)]
    public void ReadBatch_AnyChunks_GiveTheSameLines(int chunk)
    {
        var text = string.Join('\n', Enumerable.Range(0, 300).Select(i => new string('ж', i * i % 997)));
        using var stream = new ChunkedStream(Encoding.UTF8.GetBytes(text), chunk);
        Assert.Equal(text.Split('\n'), Read(stream, isStrict: false).Lines);
    }

    [Fact]
    public void ReadBatch_BrokenUtf8_IsCountedByLine()
    {
        using var stream = new MemoryStream([(byte)'a', 0xFF, 0xFE, (byte)'\n', (byte)'b', (byte)'\n', 0xC3]);
        var (lines, broken) = Read(stream, isStrict: false);
        Assert.Equal(["a\ufffd\ufffd", "b", "\ufffd"], lines);
        Assert.Equal(2, broken);
    }

    [Fact]
    public void ReadBatch_BrokenUtf8AndStrict_NamesTheLine()
    {
        using var stream = new MemoryStream([(byte)'a', (byte)'\n', 0xFF, (byte)'\n']);
        Assert.Contains("Line 2", Assert.Throws<CommandException>(() => Read(stream, isStrict: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadBatch_OneReadWithWholeLines_HandsThemOutAtOnce()
    {
        using var stream = new ChunkedStream("one\ntwo\nthr"u8.ToArray(), chunk: 11);
        Assert.Equal(["one", "two"], new LineReader(stream, isStrict: false).ReadBatch()!.Select(line => line.Text));
    }

    private static List<string> Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return Read(stream, isStrict: false).Lines;
    }

    private static (List<string> Lines, long Broken) Read(Stream stream, bool isStrict)
    {
        var reader = new LineReader(stream, isStrict);
        var lines = new List<string>();
        while (reader.ReadBatch() is { } batch)
        {
            foreach (var line in batch)
            {
                Assert.Equal(lines.Count + 1, line.Number);
                lines.Add(line.Text);
            }
        }

        return (lines, reader.BrokenCount);
    }
}

/// <summary>A stream that hands out at most so many bytes a read, as a pipe may.</summary>
internal sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
{
    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);
}
