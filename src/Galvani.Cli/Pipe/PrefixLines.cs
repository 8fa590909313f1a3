using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>A file with a line for each line of input, read along with it: asked for each line once, in about their order, by several threads.</summary>
internal sealed class PrefixLines(string path) : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream stream = InputFile.Open(path);
    private readonly Dictionary<long, string> waiting = [];
    private LineReader? reader;
    private long lastNumber;

    /// <summary>The line that belongs to a line of input.</summary>
    /// <param name="number">1-based.</param>
    /// <exception cref="CommandException">The file has fewer lines.</exception>
    public string Take(long number)
    {
        lock (gate)
        {
            while (lastNumber < number && ReadMore())
            {
                // until the line is there
            }

            return waiting.Remove(number, out var line) ? line : throw new CommandException($"{path} has {lastNumber} lines, expected one for each line of input; line {number} has none.");
        }
    }

    /// <summary>Checks that no line is left over.</summary>
    /// <exception cref="CommandException">The file has more lines than the input.</exception>
    public void CheckEnd()
    {
        lock (gate)
        {
            if (waiting.Count > 0 || (ReadMore() && waiting.Count > 0))
                throw new CommandException($"{path} has more lines than the input, expected one for each.");
        }
    }

    public void Dispose() => stream.Dispose();

    private bool ReadMore()
    {
        reader ??= new LineReader(stream, isStrict: false);
        if (reader.ReadBatch() is not { } batch)
            return false;
        foreach (var line in batch)
            waiting[lastNumber = line.Number] = line.Text;
        return true;
    }
}
