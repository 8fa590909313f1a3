// The first part of a text, without what comes behind it. Merges are made as ever, best first, but of the symbols in front of a border only: what is behind the border depends
// on text that is not known. Before each merge the last symbol in front of the border is looked at: if it could be merged with something behind the border and that merge would
// come first, as the piece has a higher score than the one that is next (at equal scores the left one comes first), it is no longer known what becomes of the symbol, and the border
// moves in front of it. A symbol only grows: what begins at the border is at least as long as it was when the border came there, which leaves few pieces that could be made. When
// no merge is left and the last symbol could not be merged at all, the symbols in front of the border are the segments that the whole text has there. Behind them the text goes on
// as a text of its own, since nothing is ever merged across the end of a segment.
namespace Galvani.Text.SentencePiece;

internal sealed partial class BpeEncoder
{
    /// <inheritdoc/>
    protected override int EncodePart(SentencePieceWorkspace workspace)
    {
        if (workspace.Bpe.LongTextSplits is { } splits)
            return EncodeKnown(workspace, splits.TakeEnd());
        var space = _cutsAtSpaces && _spaceCode != 0 ? workspace.Characters.Codes.LastIndexOf(_spaceCode) : 0;
        return space > 0 ? EncodeFirst(workspace, space) : EncodeCertain(workspace);
    }

    /// <summary>Cuts the first characters, which were found to be sure before.</summary>
    private int EncodeKnown(SentencePieceWorkspace workspace, int count)
    {
        workspace.Segments.Clear(workspace.Normalized.Length);
        if (count > 0)
            EncodeRange(workspace, workspace.Characters, count, textStart: 0);
        return count;
    }

    private int EncodeCertain(SentencePieceWorkspace workspace)
    {
        workspace.Segments.Clear(workspace.Normalized.Length);
        var count = MergeCertain(workspace, out var symbols);
        for (var symbol = 0; symbol < count; symbol = symbols[symbol].Next)
            AppendSymbol(workspace, workspace.Characters, textStart: 0, symbol, symbols[symbol]);
        return count;
    }

    /// <summary>Makes all merges that are sure, whatever comes behind the characters.</summary>
    /// <param name="workspace">Holds the characters.</param>
    /// <param name="symbols">What the characters were merged into, but those behind the sure ones.</param>
    /// <returns>How many characters these are.</returns>
    private int MergeCertain(SentencePieceWorkspace workspace, out Span<BpeScratch.Symbol> symbols)
    {
        symbols = [];
        var codes = workspace.Characters.Codes;
        if (codes.Length <= LongestPiece)
            return 0;
        var scratch = workspace.Bpe;
        symbols = scratch.Prepare(codes.Length);
        FillSymbols(workspace.Normalized.Text, workspace.Characters, codes.Length, symbols);
        var border = new Border(0, symbols[0].Length);
        while (symbols[border.Start].Next is var next && next + LongestPiece <= codes.Length && next >= 0)
        {
            if (next + symbols[next].Length + LongestPiece <= codes.Length)
                AddPair(scratch, symbols, codes, border.Start, next);
            border = new Border(next, symbols[next].Length);
        }

        while (scratch.Pairs.TryGetBest(out var left, workspace.CancellationToken))
        {
            Retreat(scratch, symbols, codes, ref border, Trie.Nodes[symbols[left].PairNode].Score);
            if (symbols[left].Next >= border.Start)
                continue;
            Merge(scratch, symbols, left);
            var (previous, next) = (symbols[left].Previous, symbols[left].Next);
            if (previous >= 0)
                AddPair(scratch, symbols, codes, previous, left);
            if (next < border.Start)
            {
                AddPair(scratch, symbols, codes, left, next);
                continue;
            }

            scratch.Pairs.Remove(left);
            border.Threat = null; // the last symbol is another
        }

        Retreat(scratch, symbols, codes, ref border, float.NegativeInfinity);
        return border.Start;
    }

    /// <summary>Moves the border to the left until no merge across it could come before one of a given score. Pairs across it leave the queue.</summary>
    private void Retreat(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, ref Border border, float score)
    {
        while ((border.Threat ??= ThreatTo(symbols, codes, border, score)) > score)
        {
            var last = symbols[border.Start].Previous;
            border = new Border(last, symbols[last].Length);
            if (symbols[last].Previous is >= 0 and var previous)
                scratch.Pairs.Remove(previous);
        }
    }

    /// <summary>The highest score of a piece that the last symbol in front of the border could become a part of, together with what begins at the border; or one that is high enough.</summary>
    private float ThreatTo(Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, Border border, float enough)
    {
        var threat = float.NegativeInfinity;
        var last = symbols[border.Start].Previous;
        if (last < 0 || symbols[last].Frozen)
            return threat;
        var node = symbols[last].Node;
        for (var at = border.Start; at < codes.Length && node >= 0 && !(threat > enough); at++)
        {
            node = Trie.Step(node, codes[at]);
            if (node >= 0 && Trie.Nodes[node].Value >= 0 && at + 1 - border.Start >= border.SmallestLength)
                threat = Math.Max(threat, Trie.Nodes[node].Score);
        }

        return threat;
    }

    /// <summary>Where what is known ends.</summary>
    /// <param name="start">The character.</param>
    /// <param name="smallestLength">The characters that the symbol which begins there has at least.</param>
    private struct Border(int start, int smallestLength)
    {
        public int Start { get; } = start;

        public int SmallestLength { get; } = smallestLength;

        /// <summary>The highest score of a merge across it; null while it is not known.</summary>
        public float? Threat { get; set; }
    }
}
