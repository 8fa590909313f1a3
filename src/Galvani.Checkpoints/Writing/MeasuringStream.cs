namespace Galvani.Checkpoints.Writing;

/// <summary>Takes everything, keeps nothing but the length.</summary>
internal sealed class MeasuringStream : Stream
{
    private long length;

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position { get; set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Position += buffer.Length;
        length = Math.Max(length, Position);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => length = value;
}
