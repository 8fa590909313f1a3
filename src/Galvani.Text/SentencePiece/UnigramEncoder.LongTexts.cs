// The same search over a text of any length. A window moves through the text. Where the best paths to all places behind a place go through it, nothing that comes can change the segments in front of it: they are handed on, and the
// window goes on from there. Where a window has no such place in its second half, as in text in which pieces overlap everywhere, two windows go on: one searches and keeps the best paths that are still open; of those behind it
// only the length of the last segment remains, two bytes a character. Where all paths meet, now and then, and at the end, these lengths give the best path back to where the last one ended, and the second window, which
// follows the first, hands its segments on. Sums and comparisons are those of the search over a whole text.
namespace Galvani.Text.SentencePiece;

internal sealed partial class UnigramEncoder
{
    /// <summary>How many blocks of text the search may be in front of what is handed on, where paths meet.</summary>
    private const int BlocksAtOnce = 16;

    /// <inheritdoc/>
    public override void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
    {
        window.Move(0);
        var sum = 0f; // of the path to the beginning of the window
        for (var (open, searched) = (-1, 0); ;) // the characters that are in the window already, and the paths to which are known in part, and how many of them were searched; none at first
        {
            while (!window.IsLast && window.Characters.Count < 2 * LongestPiece)
                window.Move(0);
            var codes = window.Characters.Codes;
            var best = OpenPaths(workspace, codes.Length, open, sum);
            var count = window.IsLast ? codes.Length : codes.Length - LongestPiece;
            Search(codes, best, searched, count, !joiner.SplitsUnknowns);
            var cut = window.IsLast ? count : LastMeeting(best, count);
            if (cut <= count / 2 && !window.IsLast)
            {
                EncodeInTwoWindows(window, sum, joiner, workspace.CancellationToken);
                return;
            }

            if (!HandOn(workspace, best[..(cut + 1)], joiner) || window.IsLast)
                return;
            (open, searched) = (codes.Length - cut, count - cut);
            MoveToFront(best, cut);
            sum = best[0].Score;
            window.Move(cut);
        }
    }

    private void EncodeInTwoWindows(CharacterWindow window, float sum, SegmentJoiner joiner, CancellationToken cancellationToken)
    {
        var ahead = new SentencePieceWorkspace { CancellationToken = cancellationToken }; // of the search, which is in front of what is handed on
        var search = window.Copy(ahead);
        var lengths = new SegmentLengths(window.BlockBytes * BlocksAtOnce);
        lengths.Add(0); // at the beginning no segment ends
        for (var open = -1; ;)
        {
            var codes = search.Characters.Codes;
            var best = OpenPaths(ahead, codes.Length, open, sum);
            var count = search.IsLast ? codes.Length : Math.Max(0, codes.Length - LongestPiece);
            for (var at = 0; at < count; at++)
            {
                if (lengths.IsMany && MeetHere(best, at))
                {
                    if (!CutAlong(lengths, ref window, joiner))
                        return;
                    lengths.Restart();
                }

                Search(codes, best, at, at + 1, joinsUnknowns: false);
                lengths.Add((ushort)(at + 1 - best[at + 1].Start));
            }

            if (search.IsLast)
            {
                CutAlong(lengths, ref window, joiner);
                return;
            }

            open = codes.Length - count;
            MoveToFront(best, count);
            search.Move(count);
        }
    }

    /// <summary>Room for the paths to all places of a window.</summary>
    /// <param name="workspace">Has the paths.</param>
    /// <param name="length">The characters in the window.</param>
    /// <param name="open">Up to which place paths are known in part; -1 where none are.</param>
    /// <param name="sum">Of the path to the beginning, where none are known.</param>
    private static Span<BestPath> OpenPaths(SentencePieceWorkspace workspace, int length, int open, float sum)
    {
        if (workspace.BestPaths.Length <= length)
            workspace.BestPaths = Larger(workspace.BestPaths, length + 1);
        var best = workspace.BestPaths.AsSpan(0, length + 1);
        best[(open + 1)..].Fill(new BestPath { Score = float.NegativeInfinity });
        if (open < 0)
            best[0].Score = sum;
        return best;
    }

    /// <summary>Drops the paths to the places in front of one.</summary>
    private static void MoveToFront(Span<BestPath> best, int first)
    {
        best[first..].CopyTo(best);
        foreach (ref var path in best[..^first])
            path.Start -= first;
    }

    /// <summary>Extends the paths to some places.</summary>
    /// <param name="codes">The characters.</param>
    /// <param name="best">The paths.</param>
    /// <param name="start">The first place.</param>
    /// <param name="end">The place behind the last.</param>
    /// <param name="joinsUnknowns">Whether characters in a row that are in no piece, which only one path goes through, are one segment; its sum is that of many.</param>
    private void Search(ReadOnlySpan<int> codes, Span<BestPath> best, int start, int end, bool joinsUnknowns)
    {
        var clarity = new Clarity();
        for (var at = start; at < end; at++)
        {
            if (codes[at] != NoPiece)
            {
                ExtendPaths(codes, best, at, sum: 0, ref clarity);
                continue;
            }

            var first = at;
            var sum = best[at].Score + _unknownScore;
            for (; joinsUnknowns && at + 1 < end && codes[at + 1] == NoPiece; at++)
                sum += _unknownScore;
            best[at + 1] = new BestPath { Score = sum, Start = first, Id = _unknownId };
        }
    }

    /// <summary>The last place, up to a count, that the best paths to all places behind it go through; 0 where there is none.</summary>
    private static int LastMeeting(ReadOnlySpan<BestPath> best, int count)
    {
        var first = best.Length; // where a segment starts that ends behind
        for (var at = best.Length - 1; at > 0; at--)
        {
            if (at <= count && at <= first)
                return at;
            if (best[at].Score > float.NegativeInfinity)
                first = Math.Min(first, best[at].Start);
        }

        return 0;
    }

    /// <summary>Hands on the segments of the best path to the last of some places, those of a run of unknown text together.</summary>
    /// <returns>Whether more is wanted.</returns>
    private bool HandOn(SentencePieceWorkspace workspace, ReadOnlySpan<BestPath> best, SegmentJoiner joiner)
    {
        var starts = workspace.Characters.Starts;
        var segments = workspace.Segments;
        segments.Clear(best.Length);
        var joinsUnknowns = !joiner.SplitsUnknowns;
        var inUnknown = false;
        for (var at = best.Length - 1; at > 0; at = best[at].Start)
        {
            var id = best[at].Id;
            var isUnknown = joinsUnknowns && id == _unknownId;
            if (!isUnknown || !inUnknown)
                segments.Add(id, starts[at]);
            inUnknown = isUnknown;
        }

        segments.Reverse(first: 0);
        var start = 0;
        for (var i = 0; i < segments.Count; i++)
        {
            if (!joiner.Add(segments.Ids[i], start, segments.Ends[i]))
                return false;
            start = segments.Ends[i];
        }

        return true;
    }

    /// <summary>Whether every path goes through a place: none that is known leads beyond.</summary>
    private bool MeetHere(ReadOnlySpan<BestPath> best, int at)
    {
        var beyond = best.Slice(at + 1, Math.Min(LongestPiece, best.Length - at - 1));
        foreach (ref readonly var path in beyond)
        {
            if (path.Score > float.NegativeInfinity)
                return false;
        }

        return true;
    }

    private static BestPath[] Larger(BestPath[] paths, int length)
    {
        Array.Resize(ref paths, Math.Max(length, 2 * paths.Length));
        return paths;
    }

    /// <summary>Hands on the segments of the best path to the last place that lengths are known of.</summary>
    /// <returns>Whether more is wanted.</returns>
    private bool CutAlong(SegmentLengths lengths, ref CharacterWindow window, SegmentJoiner joiner)
    {
        lengths.TurnForward();
        for (var position = 0; ;)
        {
            var codes = window.Characters.Codes;
            var starts = window.Characters.Starts;
            var last = window.IsLast ? codes.Length : codes.Length - 1; // where a segment ends in the input is known from what comes next
            var start = 0;
            while (position < lengths.Last && start + lengths[position] is var end && end <= last)
            {
                var id = IdOf(codes[start..end]);
                position += end - start;
                if (id == _unknownId && !joiner.SplitsUnknowns)
                {
                    for (; position < lengths.Last && end < last && codes[end] == NoPiece; end++) // each is an unknown segment, and they are one piece
                        position++;
                }

                if (!joiner.Add(id, starts[start], starts[end]))
                    return false;
                start = end;
            }

            if (position == lengths.Last)
            {
                window.Drop(start);
                return true;
            }

            window.Move(start);
        }
    }

    /// <summary>The id of a segment: of the piece that it is, or the unknown one where no piece was taken.</summary>
    private int IdOf(ReadOnlySpan<int> codes)
    {
        if (codes[0] == NoPiece)
            return _unknownId;
        var node = PieceTrie.Root;
        foreach (var code in codes)
        {
            node = Trie.Step(node, code);
            if (node < 0)
                return _unknownId;
        }

        var value = Trie.Nodes[node].Value;
        if (value < PieceTrie.SpecialFlag)
            return value < 0 ? _unknownId : value;
        value &= ~PieceTrie.SpecialFlag;
        return double.IsNaN(_specialScores[value]) ? _unknownId : value;
    }
}
