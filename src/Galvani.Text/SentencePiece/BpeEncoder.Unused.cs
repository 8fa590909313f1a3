// Unused pieces in a long text. How an unused piece is split is the same in the whole text: as the last two neighbours that could have been merged into it, wherever they were and whether or not they
// were merged in the end. So a long text is gone through twice: first its merges are made part by part, and the splits and the parts' ends noted, then its segments are handed on. The order of what happens in different parts
// follows from the scores (LongTextSplits.Moment). Between two parts nothing is merged, but the last symbol of one and the first of the next are neighbours, whose splits count, too: how both grew
// is remembered.
using Moment = Galvani.Text.SentencePiece.LongTextSplits.Moment;

namespace Galvani.Text.SentencePiece;

internal sealed partial class BpeEncoder
{
    /// <inheritdoc/>
    public override void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
    {
        if (!_hasUnused)
        {
            base.EncodeLong(window, workspace, joiner);
            return;
        }

        try
        {
            workspace.Bpe.LongTextSplits = FindSplits(window, workspace);
            base.EncodeLong(window.Restart(workspace), workspace, joiner);
        }
        finally
        {
            workspace.Bpe.LongTextSplits = null;
        }
    }

    private LongTextSplits? FindSplits(CharacterWindow window, SentencePieceWorkspace workspace)
    {
        var splits = new LongTextSplits();
        var (before, first, last) = (new List<GrownSymbol>(), new List<GrownSymbol>(), new List<GrownSymbol>());
        window.Move(0);
        for (var part = 0; ;)
        {
            var isLast = window.IsLast;
            if (isLast && part == 0)
                return null; // nothing was sure before the end: the text is one part, whose splits are made with its merges
            var end = isLast ? window.Characters.Count : MergeCertain(workspace, out _);
            if (end > 0)
            {
                NoteSplits(workspace, end, part++, splits, first, last);
                NoteSplitsBetween(before, first, workspace.Characters.Codes, splits);
                (before, last) = (last, before);
            }

            if (isLast)
                return splits;
            splits.AddEnd(end);
            window.MoveBehind(end);
        }
    }

    /// <summary>Makes the merges of a part of a text, and notes the splits.</summary>
    /// <param name="workspace">Holds the text.</param>
    /// <param name="count">How many of the characters are the part: nothing is merged with what is behind them.</param>
    /// <param name="part">The part's number.</param>
    /// <param name="splits">Takes the splits.</param>
    /// <param name="first">Takes how the first symbol grew.</param>
    /// <param name="last">Takes how the last symbol grew.</param>
    private void NoteSplits(SentencePieceWorkspace workspace, int count, int part, LongTextSplits splits, List<GrownSymbol> first, List<GrownSymbol> last)
    {
        first.Clear();
        last.Clear();
        var scratch = workspace.Bpe;
        var codes = workspace.Characters.Codes[..count];
        var symbols = scratch.Prepare(count);
        FillSymbols(workspace.Normalized.Text, workspace.Characters.Starts, codes, symbols);
        var moment = new Moment(float.PositiveInfinity, part, Step: 0);
        first.Add(new GrownSymbol(symbols[0], start: 0, moment));
        var left = 0;
        for (; symbols[left].Next < count; left = symbols[left].Next)
        {
            NoteSplit(scratch, symbols, codes, left, splits, moment);
            moment = moment with { Step = moment.Step + 1 };
        }

        last.Add(new GrownSymbol(symbols[left], left, moment));
        while (scratch.Pairs.TryGetBest(out left, workspace.CancellationToken))
        {
            var score = Trie.Nodes[symbols[left].PairNode].Score;
            Merge(scratch, symbols, left);
            moment = new Moment(Math.Min(moment.Level, score), part, moment.Step + 1);
            if (symbols[left].Previous is >= 0 and var previous)
                NoteSplit(scratch, symbols, codes, previous, splits, moment);
            else
                first.Add(new GrownSymbol(symbols[left], left, moment));
            moment = moment with { Step = moment.Step + 1 };
            NoteSplit(scratch, symbols, codes, left, splits, moment);
            if (symbols[left].Next == count)
                last.Add(new GrownSymbol(symbols[left], left, moment));
        }
    }

    private void NoteSplit(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, int left, LongTextSplits splits, Moment moment)
    {
        if (AddPair(scratch, symbols, codes, left) is var unused and >= 0)
            splits.Note(unused, symbols[left].Next - left, moment);
    }

    /// <summary>Notes the splits of pieces that the last symbol of a part and the first of the next could have made.</summary>
    /// <param name="lefts">How the last symbol grew; empty in front of the first part.</param>
    /// <param name="rights">How the first symbol grew.</param>
    /// <param name="codes">The characters of the second part.</param>
    /// <param name="splits">Takes the splits.</param>
    private void NoteSplitsBetween(List<GrownSymbol> lefts, List<GrownSymbol> rights, ReadOnlySpan<int> codes, LongTextSplits splits)
    {
        if (lefts.Count == 0 || lefts[0].Frozen || rights[0].Frozen)
            return;
        var moment = lefts[0].Since;
        for (var (left, right) = (0, 0); ;)
        {
            if (UnusedPieceAt(Follow(codes[..rights[right].Length], lefts[left].Node)) is var unused and >= 0)
                splits.Note(unused, lefts[left].Length, moment);
            var (leftGrows, rightGrows) = (left + 1 < lefts.Count, right + 1 < rights.Count);
            if (!leftGrows && !rightGrows)
                return;
            if (leftGrows && (!rightGrows || lefts[left + 1].Since.IsBefore(rights[right + 1].Since)))
                moment = lefts[++left].Since;
            else
                moment = rights[++right].Since;
        }
    }

    /// <summary>A symbol at one end of a part, as it was for a while.</summary>
    /// <param name="symbol">The symbol.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="since">When it came to be.</param>
    private readonly struct GrownSymbol(BpeScratch.Symbol symbol, int start, Moment since)
    {
        public int Length { get; } = symbol.Next - start;

        public int Node { get; } = symbol.Node;

        public bool Frozen { get; } = symbol.IsFrozen;

        public Moment Since { get; } = since;
    }
}
