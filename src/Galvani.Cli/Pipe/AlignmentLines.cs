using System.Globalization;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Pipe;

/// <summary>Alignments in the Pharaoh form, one line a sentence pair: <c>0-0 1-2</c>, source and target from 0.</summary>
internal sealed class AlignmentLines(string path, bool isStrict) : IDisposable
{
    private const int ShownCharacters = 40; // of what is no link: it may be a whole file

    private readonly PairedLines lines = new(path, isStrict);

    /// <summary>The links of a line.</summary>
    /// <param name="number">1-based.</param>
    public List<AlignedPair> Take(long number) => [.. lines.Take(number).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(link => Parse(link, number))];

    /// <summary>Refuses a file that has lines left.</summary>
    public void Complete() => lines.Complete();

    public void Dispose() => lines.Dispose();

    private AlignedPair Parse(string link, long number)
    {
        var dash = link.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0 && TryParse(link.AsSpan(0, dash), out var source) && TryParse(link.AsSpan(dash + 1), out var target))
            return new AlignedPair(source, target);
        throw new CommandException($"{path} line {number} has '{(link.Length <= ShownCharacters ? link : link[..ShownCharacters] + "…")}', expected links as 0-1: source piece, dash, target piece.");
    }

    private static bool TryParse(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
