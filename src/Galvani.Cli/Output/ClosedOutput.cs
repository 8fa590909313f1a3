using Galvani.Cli.Hosting;

namespace Galvani.Cli.Output;

/// <summary>Standard output that whoever started the program has closed: an error as soon as there is something to write.</summary>
internal sealed class ClosedOutput : WriteOnlyStream
{
    /// <exception cref="CommandException">There are bytes to write.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!buffer.IsEmpty)
            throw new CommandException("Standard output is closed, expected a file, a pipe or a terminal to write to.");
    }

    public override void Flush()
    {
    }
}
