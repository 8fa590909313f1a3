// The unigram model's best segmentation, found by the Viterbi algorithm on the fly: for each character position the best
// path that ends there. Sums are kept as the reference keeps them (a float each, candidates compared in double, the
// first of equals wins), because ties and near-ties decide ids.
// Left out: sampling and n-best, which serve training.
namespace Galvani.Text.SentencePiece;

/// <summary>Segmentation by the highest sum of piece scores.</summary>
internal sealed class UnigramEncoder : PieceEncoder
{
    private const float UnknownPenalty = 10;

    private readonly PieceTrie _trie;
    private readonly double[] _specialScores;
    private readonly int _unknownId;
    private readonly float _unknownScore;

    /// <summary>Creates the encoder for the pieces in <paramref name="trie"/>.</summary>
    public UnigramEncoder(ModelFile file, PieceTrie trie, int unknownId)
    {
        _trie = trie;
        _unknownId = unknownId;
        var (lowest, highest) = (float.MaxValue, 1.17549435e-38f);
        foreach (var piece in file.Pieces)
        {
            if (piece.Type != PieceType.Normal)
                continue;
            lowest = Math.Min(lowest, piece.Score);
            highest = Math.Max(highest, piece.Score);
        }

        _unknownScore = lowest - UnknownPenalty;
        _specialScores = SpecialScores(file, highest);
    }

    /// <summary>The best path that ends at one character position.</summary>
    internal struct BestPath
    {
        /// <summary>The sum of the scores.</summary>
        public float Score;

        /// <summary>Where the path's last segment starts.</summary>
        public int Start;

        /// <summary>The id of the path's last segment.</summary>
        public int Id;
    }

    /// <inheritdoc/>
    public override void Encode(SentencePieceWorkspace workspace)
    {
        var codes = workspace.Characters.Codes;
        if (workspace.BestPaths.Length <= codes.Length)
            workspace.BestPaths = new BestPath[Math.Max(codes.Length + 1, 2 * workspace.BestPaths.Length)];
        var best = workspace.BestPaths.AsSpan(0, codes.Length + 1);
        best.Fill(new BestPath { Score = float.NegativeInfinity });
        best[0].Score = 0;
        for (var start = 0; start < codes.Length; start++)
            ExtendPaths(codes, best, start);

        var segments = workspace.Segments;
        segments.Clear(codes.Length);
        for (var end = codes.Length; end > 0; end = best[end].Start)
            segments.Add(best[end].Id, end);
        segments.Reverse();
    }

    private void ExtendPaths(ReadOnlySpan<int> codes, Span<BestPath> best, int start)
    {
        var nodes = _trie.Nodes;
        var here = best[start].Score;
        var (node, children) = (PieceTrie.Root, nodes[PieceTrie.Root].Base);
        var hasSingle = false;
        for (var i = start; i < codes.Length; i++)
        {
            var child = children + codes[i];
            if ((uint)child >= (uint)nodes.Length)
                break;
            ref readonly var next = ref nodes[child];
            if (next.Parent != node)
                break;
            (node, children) = (child, next.Base);
            var value = next.Value;
            if (value < 0)
                continue;
            double score = next.Score;
            if (value >= PieceTrie.SpecialFlag)
            {
                value &= ~PieceTrie.SpecialFlag;
                score = _specialScores[value];
                if (double.IsNaN(score))
                    continue;
            }

            hasSingle |= i == start;
            var candidate = score + here;
            ref var target = ref best[i + 1];
            if (candidate > target.Score)
            {
                target.Score = (float)candidate;
                target.Start = start;
                target.Id = value;
            }
        }

        if (hasSingle)
            return;
        var unknown = _unknownScore + here;
        if (unknown > best[start + 1].Score)
            best[start + 1] = new BestPath { Score = unknown, Start = start, Id = _unknownId };
    }

    // A user-defined piece's score makes it win; NaN marks an unused piece, which is never taken.
    private static double[] SpecialScores(ModelFile file, float highest)
    {
        var scores = new double[file.Pieces.Length];
        for (var id = 0; id < scores.Length; id++)
        {
            var piece = file.Pieces[id];
            scores[id] = piece.Type == PieceType.UserDefined ? (piece.Length * highest) - 0.1 : double.NaN;
        }

        return scores;
    }
}
