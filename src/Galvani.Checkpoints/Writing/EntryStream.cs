using System.IO.Hashing;

namespace Galvani.Checkpoints.Writing;

/// <summary>The content of an archive entry while it is written: counts the bytes and takes their checksum.</summary>
internal sealed class EntryStream(Stream output) : Stream
{
    private readonly Crc32 crc = new();

    /// <summary>The bytes so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The checksum of the bytes so far.</summary>
    public uint Crc => crc.GetCurrentHashAsUInt32();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Bytes;

    public override long Position
    {
        get => Bytes;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        crc.Append(buffer);
        output.Write(buffer);
        Bytes += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
