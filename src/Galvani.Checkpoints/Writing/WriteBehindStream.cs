using Galvani.Kernels;

namespace Galvani.Checkpoints.Writing;

/// <summary>A new file whose bytes go to the disk while more of them are written, so that <see cref="FlushToDisk"/> finds little left to wait for.</summary>
/// <param name="path">The file.</param>
/// <param name="options">How it is made.</param>
internal sealed class WriteBehindStream(string path, FileStreamOptions options) : Stream
{
    private const int StepBytes = 4 << 20; // so many that the disk works on large pieces, so few that the last ones take no time

    private readonly FileStream file = new(path, options);
    private long begun; // the bytes that are on their way to the disk: whole steps, so that no page goes twice

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        file.Write(buffer);
        if (file.Position - begun >= StepBytes)
            SendOn();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => file.WriteByte(value);

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value) => file.SetLength(value);

    public override void Flush() => file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Waits until all is on the disk.</summary>
    public void FlushToDisk() => file.Flush(flushToDisk: true);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }

    private void SendOn()
    {
        file.Flush();
        var end = file.Position / StepBytes * StepBytes;
        WriteBack.Begin(file.SafeFileHandle, begun, end - begun);
        begun = end;
    }
}
