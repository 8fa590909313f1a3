using System.Text.Unicode;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Lines of a stream: <c>\n</c> ends one, a <c>\r</c> before it is dropped, a last line without <c>\n</c> counts; every other byte is text. Hands out
/// what one read of the stream completed, so that a line is never held back while another is waited for.
/// </summary>
internal sealed class LineReader(Stream input, bool isStrict)
{
    private const int ReadBytes = 1 << 16;
    private byte[] pending = new byte[ReadBytes]; // what was read and is in no line yet
    private int pendingBytes;
    private long count;

    /// <summary>The file that errors name; null for the input itself.</summary>
    public string? FileName { get; init; }

    /// <summary>Lines with broken UTF-8 so far.</summary>
    public long BrokenCount { get; private set; }

    /// <summary>The lines that the next read completes; null at the end. May be empty when a long line goes on.</summary>
    /// <exception cref="CommandException">Strict, and a line is no UTF-8.</exception>
    public List<InputLine>? ReadBatch()
    {
        if (pending.Length - pendingBytes < ReadBytes)
            Array.Resize(ref pending, Math.Max(2 * pending.Length, pendingBytes + ReadBytes));
        var read = input.Read(pending, pendingBytes, ReadBytes);
        if (read == 0)
        {
            if (pendingBytes == 0)
                return null;
            var last = Take(pending.AsMemory(0, pendingBytes));
            (pending, pendingBytes) = (new byte[ReadBytes], 0);
            return [last];
        }

        var end = pending.AsSpan(pendingBytes, read).LastIndexOf((byte)'\n') + 1;
        var complete = end == 0 ? 0 : pendingBytes + end; // bytes of whole lines
        pendingBytes += read;
        return complete == 0 ? [] : Split(complete);
    }

    /// <summary>The lines of the first bytes pending, cut out of one copy of them; a long line keeps the memory that it was read into.</summary>
    private List<InputLine> Split(int byteCount)
    {
        var rest = pending.AsSpan(byteCount, pendingBytes - byteCount);
        var bytes = byteCount > 2 * ReadBytes ? pending : pending.AsSpan(0, byteCount).ToArray();
        if (bytes == pending)
            pending = new byte[2 * ReadBytes];
        rest.CopyTo(pending);
        pendingBytes -= byteCount;
        var lines = new List<InputLine>();
        for (var start = 0; start < byteCount;)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            var isCut = length > 0 && bytes[start + length - 1] == (byte)'\r';
            lines.Add(Take(bytes.AsMemory(start, isCut ? length - 1 : length)));
            start += length + 1;
        }

        return lines;
    }

    private InputLine Take(ReadOnlyMemory<byte> bytes)
    {
        count++;
        if (!Utf8.IsValid(bytes.Span))
        {
            if (isStrict)
                throw new CommandException($"Line {count}{(FileName is null ? "" : $" of {FileName}")} is not valid UTF-8.");
            BrokenCount++;
        }

        return new InputLine(count, bytes);
    }
}
