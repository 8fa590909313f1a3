using Galvani.Cli.Hosting;

namespace Galvani.Cli.Output;

/// <summary>Standard output that whoever started the program has closed: an error as soon as there is something to write.</summary>
internal sealed class ClosedOutput : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="CommandException">There are bytes to write.</exception>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <exception cref="CommandException">There are bytes to write.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!buffer.IsEmpty)
            throw new CommandException("Standard output is closed, expected a file, a pipe or a terminal to write to.");
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
