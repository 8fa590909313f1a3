// The same search over a text of any length. Forward through the text a window keeps the best paths that are still open; of those behind it only the length of the last
// segment remains, two bytes a character. From the end back these lengths give the best path, which a second walk through the text cuts it by. Sums and comparisons are those
// of the search over a whole text.
namespace Galvani.Text.SentencePiece;

internal sealed partial class UnigramEncoder
{
    /// <inheritdoc/>
    public override void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
    {
        var records = workspace.Normalized.RecordsOrigins;
        workspace.Normalized.RecordsOrigins = false;
        var lengths = new SegmentLengths();
        FindPaths(window, workspace, lengths);
        lengths.TurnForward();
        workspace.Normalized.RecordsOrigins = records;
        CutAlong(lengths, window.Restart(), joiner);
    }

    /// <summary>For each character position the length of the last segment on the best path to it.</summary>
    private void FindPaths(CharacterWindow window, SentencePieceWorkspace workspace, SegmentLengths lengths)
    {
        var clarity = new Clarity();
        lengths.Add(0); // at the beginning no segment ends
        window.Move(0);
        for (var open = -1; ;) // the characters that are in the window already, and the paths to which are known in part; none at first
        {
            var codes = window.Characters.Codes;
            if (workspace.BestPaths.Length <= codes.Length)
                workspace.BestPaths = Larger(workspace.BestPaths, codes.Length + 1);
            var best = workspace.BestPaths.AsSpan(0, codes.Length + 1);
            best[(open + 1)..].Fill(new BestPath { Score = float.NegativeInfinity });
            if (open < 0)
                best[0].Score = 0;
            var count = window.IsLast ? codes.Length : Math.Max(0, codes.Length - LongestPiece);
            for (var at = 0; at < count; at++)
                ExtendPaths(codes, best, at, sum: 0, ref clarity);
            for (var end = 1; end <= count; end++)
                lengths.Add((ushort)(end - best[end].Start));
            if (window.IsLast)
                return;
            open = codes.Length - count;
            best[count..].CopyTo(best);
            foreach (ref var path in best[..(open + 1)])
                path.Start -= count;
            window.Move(count);
        }
    }

    private static BestPath[] Larger(BestPath[] paths, int length)
    {
        Array.Resize(ref paths, Math.Max(length, 2 * paths.Length));
        return paths;
    }

    private void CutAlong(SegmentLengths lengths, CharacterWindow window, SegmentJoiner joiner)
    {
        window.Move(0);
        for (var position = 0; ;)
        {
            var codes = window.Characters.Codes;
            var last = window.IsLast ? codes.Length : codes.Length - 1; // where a segment ends in the input is known from what comes next
            var start = 0;
            while (start < last && start + lengths[position] is var end && end <= last)
            {
                if (!joiner.Add(IdOf(codes[start..end]), start, end))
                    return;
                position += end - start;
                start = end;
            }

            if (window.IsLast)
                return;
            window.Move(start);
        }
    }

    /// <summary>The id of a segment: of the piece that it is, or the unknown one where no piece was taken.</summary>
    private int IdOf(ReadOnlySpan<int> codes)
    {
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
