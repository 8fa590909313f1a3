using System.Text;

namespace Galvani;

/// <summary>Lines of a file of UTF-8 text that is not trusted: a device that never ends, text of another encoding and lines without end are errors, after little work.</summary>
internal static class TextLines
{
    /// <summary>The longest line: longer ones would take the memory of a file that is too large.</summary>
    private const int LongestLineBytes = 32 << 20;

    /// <summary>Reads the lines one by one.</summary>
    /// <param name="path">UTF-8 text; its byte order mark is left out.</param>
    /// <param name="mostBytes">What the file may have.</param>
    /// <param name="content">What it should be, for errors.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file or a line is too long, or it is no UTF-8 text.</exception>
    public static IEnumerable<string> Read(string path, long mostBytes, string content)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path); // a folder is none, either
        // The reader would take the mark of another encoding for an order to read that one: it is to be an error as other bytes that are no UTF-8 are.
        using var stream = new BoundedStream(File.OpenRead(path), path, mostBytes, content);
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);
        while (Next(reader, path, content) is { } line)
            yield return line;
    }

    private static string? Next(StreamReader reader, string path, string content)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{path} is no UTF-8 text, expected {content}.", exception);
        }
    }

    /// <summary>Passes on bytes until there are too many of them, in all or without an end of a line.</summary>
    private sealed class BoundedStream(Stream inner, string path, long mostBytes, string content) : Stream
    {
        private long byteCount;
        private long lineBytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = inner.Read(buffer);
            byteCount += count;
            var end = buffer[..count].LastIndexOfAny((byte)'\n', (byte)'\r');
            lineBytes = end < 0 ? lineBytes + count : count - end - 1;
            if (byteCount > mostBytes)
                throw new InvalidDataException($"{path} has more than {mostBytes} bytes, expected {content} of at most so many.");
            if (lineBytes > LongestLineBytes)
                throw new InvalidDataException($"{path} has a line of more than {LongestLineBytes} bytes, expected {content}.");
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
