using System.Buffers;
using System.Text;
using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>Gathers the pieces of a line to parts of a length, hands each on and forgets it. For one line.</summary>
/// <param name="vocabulary">Where the pieces' ids are from; its strings are shared.</param>
/// <param name="partLength">The pieces of a part; the last has fewer.</param>
/// <param name="hasRanges">Whether pieces have ranges: they were not given as pieces.</param>
/// <param name="take">Takes a part, and whether it is the line's last.</param>
internal sealed class PartCollector(Vocabulary vocabulary, int partLength, bool hasRanges, Action<TokenizedLine, bool> take) : IPieceReceiver
{
    private readonly ArrayBufferWriter<byte> run = new(); // the last piece, where it went on
    private List<string> pieces = [];
    private List<int> ids = [];
    private List<TextRange> ranges = [];

    /// <summary>The number of the line's pieces so far.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        EndRun();
        if (ids.Count == partLength)
            HandOn(isLast: false);
        pieces.Add(id == vocabulary.UnknownId ? Encoding.UTF8.GetString(utf8) : vocabulary.Tokens[id]);
        ids.Add(id);
        if (hasRanges)
            ranges.Add(range);
        Count++;
        return true;
    }

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd)
    {
        if (run.WrittenCount == 0)
            Encoding.UTF8.GetBytes(pieces[^1], run);
        run.Write(utf8);
        if (hasRanges)
            ranges[^1] = ranges[^1] with { End = rangeEnd };
        return true;
    }

    /// <summary>Hands the last part on, if the line has any pieces.</summary>
    public void Complete()
    {
        EndRun();
        if (ids.Count > 0)
            HandOn(isLast: true);
    }

    private void EndRun()
    {
        if (run.WrittenCount == 0)
            return;
        pieces[^1] = Encoding.UTF8.GetString(run.WrittenSpan);
        run.ResetWrittenCount();
    }

    private void HandOn(bool isLast)
    {
        var part = new TokenizedLine(pieces, ids, ranges, vocabulary.UnknownId);
        (pieces, ids, ranges) = ([], [], []);
        take(part, isLast);
    }
}
