using System.Buffers;
using System.Text.Unicode;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Lines of a stream: <c>\n</c> ends one, a <c>\r</c> before it is dropped, a last line without <c>\n</c> counts; every other byte is text. Hands out
/// what one read of the stream completed, so that a line is never held back while another is waited for.
/// </summary>
internal sealed class LineReader(Stream input, bool isStrict)
{
    private const int BufferBytes = 1 << 16;
    private readonly byte[] buffer = new byte[BufferBytes];
    private readonly ArrayBufferWriter<byte> rest = new();
    private long count;

    /// <summary>Lines with broken UTF-8 so far.</summary>
    public long BrokenCount { get; private set; }

    /// <summary>The lines that the next read completes; null at the end. May be empty when a long line goes on.</summary>
    /// <exception cref="CommandException">Strict, and a line is no UTF-8.</exception>
    public List<InputLine>? ReadBatch()
    {
        var read = input.Read(buffer);
        if (read == 0)
        {
            return rest.WrittenCount == 0 ? null : [Take(TakeRest([]))];
        }

        return Split(buffer.AsSpan(0, read));
    }

    private List<InputLine> Split(ReadOnlySpan<byte> part)
    {
        var lines = new List<InputLine>();
        int end;
        while ((end = part.IndexOf((byte)'\n')) >= 0)
        {
            var bytes = TakeRest(part[..end]);
            part = part[(end + 1)..];
            lines.Add(Take(bytes.AsSpan().EndsWith("\r"u8) ? bytes.AsMemory(0, bytes.Length - 1) : bytes));
        }

        rest.Write(part);
        return lines;
    }

    /// <summary>What was read of a line before, and its end.</summary>
    private byte[] TakeRest(ReadOnlySpan<byte> end)
    {
        if (rest.WrittenCount == 0)
            return end.ToArray();
        byte[] bytes = [.. rest.WrittenSpan, .. end];
        rest.Clear();
        return bytes;
    }

    private InputLine Take(ReadOnlyMemory<byte> bytes)
    {
        count++;
        if (!Utf8.IsValid(bytes.Span))
        {
            if (isStrict)
                throw new CommandException($"Line {count} is not valid UTF-8.");
            BrokenCount++;
        }

        return new InputLine(count, bytes);
    }
}
