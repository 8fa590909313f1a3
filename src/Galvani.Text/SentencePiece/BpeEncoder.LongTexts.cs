// The first part of a text, without what comes behind it. Merges are made as ever, best first, but of the symbols in front of a border only: what is behind the border depends
// on text that is not known. Before each merge the last symbol in front of the border is looked at: if it could be merged with something behind the border and that merge would
// come first, as the piece has a higher score than the one that is next (at equal scores the left one comes first), it is no longer known what becomes of the symbol, and the border
// moves in front of it. A symbol only grows: what begins at the border is at least as long as it was when the border came there, which leaves few pieces that could be made. When
// no merge is left and the last symbol could not be merged at all, the symbols in front of the border are the segments that the whole text has there. Behind them the text goes on
// as a text of its own, since nothing is ever merged across the end of a segment.
namespace Galvani.Text.SentencePiece;

internal sealed partial class BpeEncoder
{
    /// <summary>
    /// How many characters behind borders are looked at, for each character of a part. With ordinary pieces the first few tell that none goes on like this; a piece of thousands that nothing makes would be followed at every place anew.
    /// Where more would be looked at, the border moves on, which is never wrong.
    /// </summary>
    private const int StepsPerCharacter = 16;

    /// <summary>How many characters behind a border are looked at in any case.</summary>
    private const int StepsAtLeast = 16;

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
        FillSymbols(workspace.Normalized.Text, workspace.Characters.Starts, codes, symbols);
        var border = new Border(StepsPerCharacter * (long)codes.Length);
        border.MoveTo(0, symbols[0].Next);
        while (symbols[border.Start].Next is var next && next + LongestPiece <= codes.Length && next < codes.Length)
        {
            if (symbols[next].Next + LongestPiece <= codes.Length)
                AddPair(scratch, symbols, codes, border.Start);
            border.MoveTo(next, symbols[next].Next - next);
        }

        while (scratch.Pairs.TryGetBest(out var left, workspace.CancellationToken))
        {
            Retreat(scratch, symbols, codes, ref border, Trie.Nodes[symbols[left].PairNode].Score);
            if (symbols[left].Next >= border.Start)
                continue;
            Merge(scratch, symbols, left);
            if (symbols[left].Previous is >= 0 and var previous)
                AddPair(scratch, symbols, codes, previous);
            if (symbols[left].Next < border.Start)
            {
                AddPair(scratch, symbols, codes, left);
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
        while ((border.Threat ??= ThreatTo(symbols, codes, ref border, score)) > score)
        {
            var last = symbols[border.Start].Previous;
            border.MoveTo(last, symbols[last].Next - last);
            if (symbols[last].Previous is >= 0 and var previous)
                scratch.Pairs.Remove(previous);
        }
    }

    /// <summary>The highest score of a piece that the last symbol in front of the border could become a part of, together with what begins at the border; or one that is high enough.</summary>
    private float ThreatTo(Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, ref Border border, float enough)
    {
        var threat = float.NegativeInfinity;
        var last = symbols[border.Start].Previous;
        if (last < 0)
            return threat;
        var node = symbols[last].Node;
        for (var at = border.Start; at < codes.Length && node >= 0 && !(threat > enough); at++)
        {
            if (--border.StepsLeft < 0 && at - border.Start >= StepsAtLeast)
                return float.PositiveInfinity; // a piece may be near: it would take too long to find out
            node = Trie.Step(node, codes[at]);
            if (node >= 0 && Trie.Nodes[node].Value >= 0 && at + 1 - border.Start >= border.SmallestLength)
                threat = Math.Max(threat, Trie.Nodes[node].Score);
        }

        return threat;
    }

    /// <summary>Where what is known ends.</summary>
    /// <param name="steps">How many characters are looked at to find out how threatened it is.</param>
    private struct Border(long steps)
    {
        /// <summary>The character.</summary>
        public int Start { get; private set; }

        /// <summary>The characters that the symbol which begins there has at least.</summary>
        public int SmallestLength { get; private set; }

        /// <summary>The highest score of a merge across it; null while it is not known.</summary>
        public float? Threat { get; set; }

        /// <summary>How many characters more may be looked at.</summary>
        public long StepsLeft { get; set; } = steps;

        /// <summary>Moves it to where a symbol begins.</summary>
        public void MoveTo(int start, int length) => (Start, SmallestLength, Threat) = (start, length, null);
    }
}
