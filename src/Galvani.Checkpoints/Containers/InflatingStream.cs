using System.IO.Compression;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The unpacked bytes of a deflated entry. Data that is broken, too short or too long for the directory's size is one
/// <see cref="CheckpointFormatException"/>.
/// </summary>
internal sealed class InflatingStream(Stream packed, ArchiveEntry entry, string path) : Stream
{
    private readonly DeflateStream inflater = new(packed, CompressionMode.Decompress);
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => entry.Bytes;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count;
        try
        {
            count = inflater.Read(buffer);
        }
        catch (InvalidDataException exception)
        {
            throw Error("The deflated data is broken", exception);
        }

        position += count;
        if (position > entry.Bytes)
            throw Error($"The deflated data unpacks to more than the {entry.Bytes} bytes that the directory gives", null);
        if (count == 0 && !buffer.IsEmpty && position < entry.Bytes)
            throw Error($"The deflated data ends after {position} bytes, the directory gives {entry.Bytes}", null);
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
            inflater.Dispose();
        base.Dispose(disposing);
    }

    private CheckpointFormatException Error(string problem, Exception? cause) => new(problem, path, entry.Name, position, cause);
}
