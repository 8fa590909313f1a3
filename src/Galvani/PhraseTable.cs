namespace Galvani;

/// <summary>What stands for source pieces that replace an unknown token: lines <c>source|||target</c>. Immutable.</summary>
public sealed class PhraseTable
{
    private const string Separator = "|||";
    private const long LargestFileBytes = 1L << 28;

    private readonly Dictionary<string, string> targets;

    private PhraseTable(Dictionary<string, string> targets) => this.targets = targets;

    /// <summary>A table without entries.</summary>
    public static PhraseTable Empty { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>The number of entries.</summary>
    public int Count => targets.Count;

    /// <summary>Reads a table; of two entries for one source the later counts.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <exception cref="ArgumentException">A line has not exactly one <c>|||</c> (it is named), the file is too large, or no UTF-8.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PhraseTable Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (new FileInfo(path) is { Exists: true, Length: > LargestFileBytes and var bytes })
            throw new ArgumentException($"{path} has {bytes} bytes, expected a phrase table of at most {LargestFileBytes}.", nameof(path));
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        try
        {
            foreach (var line in TextLines.Read(path, LargestFileBytes, "a phrase table"))
            {
                number++;
                var entry = line.AsSpan().TrimEnd();
                var count = entry.Count(Separator);
                if (count != 1)
                    throw new ArgumentException($"{path} line {number} has {count} times {Separator}, expected source{Separator}target.", nameof(path));
                var end = entry.IndexOf(Separator, StringComparison.Ordinal);
                targets[entry[..end].ToString()] = entry[(end + Separator.Length)..].ToString();
            }
        }
        catch (InvalidDataException exception)
        {
            throw new ArgumentException(exception.Message, nameof(path), exception);
        }

        return new PhraseTable(targets);
    }

    /// <summary>What stands for a piece: its entry, else the piece.</summary>
    /// <param name="piece">A source piece.</param>
    public string Find(string piece) => targets.GetValueOrDefault(piece) ?? piece;
}
