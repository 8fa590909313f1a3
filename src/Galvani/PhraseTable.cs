using System.Text;

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
    /// <exception cref="ArgumentException">A line has not exactly one <c>|||</c>, or the file is too large; the line is named.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PhraseTable Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (new FileInfo(path) is { Exists: true, Length: > LargestFileBytes and var bytes })
            throw new ArgumentException($"{path} has {bytes} bytes, expected a phrase table of at most {LargestFileBytes}.", nameof(path));
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            var parts = line.TrimEnd().Split(Separator);
            if (parts.Length != 2)
                throw new ArgumentException($"{path} line {number} has {parts.Length - 1} times {Separator}, expected source{Separator}target.", nameof(path));
            targets[parts[0]] = parts[1];
        }

        return new PhraseTable(targets);
    }

    /// <summary>What stands for a piece: its entry, else the piece.</summary>
    /// <param name="piece">A source piece.</param>
    public string Find(string piece) => targets.GetValueOrDefault(piece) ?? piece;
}
