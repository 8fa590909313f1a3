// The same search over a text of any length. A window moves through the text and keeps the best paths that are still open; of those behind it only the length of the last segment
// remains, two bytes a character. Where all paths meet, now and then, and at the end, these lengths give the best path back to where the last one ended, and a second window, which
// follows the first, hands its segments on. Sums and comparisons are those of the search over a whole text.
using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

internal sealed partial class UnigramEncoder
{
    /// <summary>How many blocks of text the search may be in front of what is handed on, where paths meet.</summary>
    private const int BlocksAtOnce = 16;

    /// <inheritdoc/>
    public override void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
    {
        var ahead = new SentencePieceWorkspace { CancellationToken = workspace.CancellationToken }; // of the search, which is in front of what is handed on
        var search = window.Restart(ahead);
        search.Move(0);
        window.Move(0);
        var clarity = new Clarity();
        var lengths = new SegmentLengths(window.BlockBytes * BlocksAtOnce);
        lengths.Add(0); // at the beginning no segment ends
        for (var open = -1; ;) // the characters that are in the window already, and the paths to which are known in part; none at first
        {
            var codes = search.Characters.Codes;
            if (ahead.BestPaths.Length <= codes.Length)
                ahead.BestPaths = Larger(ahead.BestPaths, codes.Length + 1);
            var best = ahead.BestPaths.AsSpan(0, codes.Length + 1);
            best[(open + 1)..].Fill(new BestPath { Score = float.NegativeInfinity });
            if (open < 0)
                best[0].Score = 0;
            var count = search.IsLast ? codes.Length : Math.Max(0, codes.Length - LongestPiece);
            for (var at = 0; at < count; at++)
            {
                if (lengths.IsMany && MeetHere(best, at))
                {
                    if (!CutAlong(lengths, ref window, joiner))
                        return;
                    lengths.Restart();
                }

                if (codes[at] == NoPiece)
                    ExtendByUnknown(ref best[at + 1], best[at].Score, at);
                else
                    ExtendPaths(codes, best, at, sum: 0, ref clarity);
                lengths.Add((ushort)(at + 1 - best[at + 1].Start));
            }

            if (search.IsLast)
            {
                CutAlong(lengths, ref window, joiner);
                return;
            }

            open = codes.Length - count;
            best[count..].CopyTo(best);
            foreach (ref var path in best[..(open + 1)])
                path.Start -= count;
            search.Move(count);
        }
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

    /// <summary>As <see cref="ExtendPaths"/> does at a character that is in no piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ExtendByUnknown(ref BestPath target, float here, int start)
    {
        var unknown = _unknownScore + here;
        if (unknown > target.Score)
            target = new BestPath { Score = unknown, Start = start, Id = _unknownId };
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
