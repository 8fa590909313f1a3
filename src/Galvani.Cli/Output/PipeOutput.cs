using Microsoft.Win32.SafeHandles;

namespace Galvani.Cli.Output;

/// <summary>
/// Standard output that is a pipe or a socket. The runtime's own stream says nothing when the reader has gone; this one throws, so that the exit code tells.
/// Writes at most 4096 bytes at once: such a write to a pipe is whole or not at all (POSIX, PIPE_BUF), so that it can be repeated where the pipe is full and
/// was made not to block.
/// </summary>
internal sealed class PipeOutput : WriteOnlyStream
{
    private const int AtomicBytes = 4096;
    private const int WouldBlock = 11;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly FileStream pipe;

    private PipeOutput(FileStream pipe) => this.pipe = pipe;

    /// <summary>Standard output, or null where it is a file, a terminal or closed.</summary>
    public static PipeOutput? TryOpen()
    {
        const int StandardOutput = 1;
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return null;
        try
        {
            var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : new PipeOutput(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The reader has gone.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(AtomicBytes, buffer.Length)];
            try
            {
                pipe.Write(part);
            }
            catch (IOException exception) when (exception.HResult == WouldBlock)
            {
                Thread.Sleep(Pause); // the reader is slow
                continue;
            }

            buffer = buffer[part.Length..];
        }
    }

    public override void Flush() => pipe.Flush();
}
