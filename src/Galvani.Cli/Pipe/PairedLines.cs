using System.Text;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

namespace Galvani.Cli.Pipe;

/// <summary>
/// The lines of a second file that go with those of the input, by number. Each is asked for once, by any thread; what is read ahead of the asker waits here, so that memory is bounded by the lines under way.
/// </summary>
internal sealed class PairedLines : IDisposable
{
    private readonly string path;
    private readonly Stream stream;
    private readonly LineReader reader;
    private readonly Dictionary<long, string> waiting = [];
    private readonly Lock gate = new();
    private long count;
    private long taken;

    public PairedLines(string path, bool isStrict)
    {
        this.path = path;
        stream = InputFile.Open(path);
        reader = new LineReader(stream, isStrict) { FileName = path };
    }

    /// <summary>Lines with broken UTF-8 so far.</summary>
    public long BrokenCount => reader.BrokenCount;

    /// <summary>The line with a number.</summary>
    /// <param name="number">1-based.</param>
    public string Take(long number)
    {
        lock (gate)
        {
            while (count < number)
            {
                if (reader.ReadBatch() is not { } batch)
                    throw new CommandException($"{path} has {Numbers.Of(count, "line")}, the input has more: line {number} has no counterpart.");
                foreach (var line in batch)
                    waiting[line.Number] = Encoding.UTF8.GetString(line.Utf8.Span);
                count += batch.Count;
            }

            waiting.Remove(number, out var text);
            taken++;
            return text!;
        }
    }

    /// <summary>Refuses a file that has lines left.</summary>
    public void Complete()
    {
        lock (gate)
        {
            while (waiting.Count == 0 && reader.ReadBatch() is { } batch)
            {
                foreach (var line in batch)
                    waiting[line.Number] = "";
            }

            if (waiting.Count > 0)
                throw new CommandException($"{path} has more lines than the input, which has {taken}.");
        }
    }

    public void Dispose() => stream.Dispose();
}
