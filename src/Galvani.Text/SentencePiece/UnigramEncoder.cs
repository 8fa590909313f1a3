// The unigram model's best segmentation, found by the Viterbi algorithm on the fly: for each character position the best
// path that ends there. Sums are kept as the reference keeps them (a float each, candidates compared in double, the
// first of equals wins), because ties and near-ties decide ids.
// Where no piece has white space but in front, no segment crosses it, and the best path is made of the best paths of the words. Only the rounding of the sums ties a
// word to the words before it, so a word's segments are kept for the next time if no rounding can change them: with sums of a size up to 2 x LargestSum, an addition is
// off by at most 2^-24 x 2 x LargestSum; a difference of two paths through a word of n characters by at most 2n of these, and so is the difference seen when
// the word is kept. If all differences seen exceed both together, every decision is the same wherever the word stands. Of a word that is kept the
// sum is made as the search makes it, score by score, so that what follows is cut as in the reference; where all words of a text are known, nothing needs it.
// Left out: sampling and n-best, which serve training.
using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

/// <summary>Segmentation by the highest sum of piece scores.</summary>
internal sealed partial class UnigramEncoder : PieceEncoder
{
    private const float UnknownPenalty = 10;
    private const int SpaceSymbol = 0x2581;
    private const float LargestSum = 1024;
    private const int NoPiece = 0; // the code of characters that are in no piece

    /// <summary>What a difference must exceed for each character of the word: 4 roundings of sums below 2 x <see cref="LargestSum"/>.</summary>
    private const double MarginOfCharacter = 4 * 2 * LargestSum / (1 << 24);

    private readonly double[] _specialScores;
    private readonly float[] _scores;
    private readonly int _unknownId;
    private readonly float _unknownScore;
    private readonly double _largestScore; // of whatever sign
    private readonly bool _cutsAtSpaces;

    /// <summary>Creates the encoder for the pieces in <paramref name="trie"/>.</summary>
    /// <param name="file">The model file.</param>
    /// <param name="trie">All pieces that text can become, unused ones too.</param>
    /// <param name="textIds">The ids of the pieces in <paramref name="trie"/>.</param>
    /// <param name="unknownId">The id for text without a piece.</param>
    public UnigramEncoder(ModelFile file, PieceTrie trie, ReadOnlySpan<int> textIds, int unknownId)
        : base(trie)
    {
        _unknownId = unknownId;
        _cutsAtSpaces = trie.Codes[SpaceSymbol] != 0;
        foreach (var id in textIds)
            _cutsAtSpaces &= file.TextOf(id).LastIndexOf("▁"u8) <= 0;
        _scores = Array.ConvertAll(file.Pieces, piece => piece.Score);
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
        for (var id = 0; id < _scores.Length; id++)
            _largestScore = Math.Max(_largestScore, Math.Abs(ScoreOf(id)));
    }

    /// <summary>The best path that ends at one character position.</summary>
    internal struct BestPath
    {
        /// <summary>The sum of the scores.</summary>
        public float Score;

        /// <summary>Where the path's last segment starts, from the start of the range that is cut.</summary>
        public int Start;

        /// <summary>The id of the path's last segment.</summary>
        public int Id;
    }

    /// <summary>How clear the decisions inside a word were.</summary>
    private ref struct Clarity
    {
        /// <summary>The smallest difference between two paths that met.</summary>
        public double Margin;

        /// <summary>The largest difference between a path's sum and the sum in front of the word.</summary>
        public double Reach;
    }

    /// <inheritdoc/>
    public override void Encode(SentencePieceWorkspace workspace, int byteCount)
    {
        var text = workspace.Normalized.Text[..byteCount];
        workspace.Segments.Clear(byteCount);
        if (_cutsAtSpaces)
        {
            EncodeWords(workspace, text);
            return;
        }

        workspace.Characters.Read(text, Trie.Codes);
        EncodeRange(workspace, workspace.Characters, textStart: 0, sum: 0, out _);
    }

    private void EncodeWords(SentencePieceWorkspace workspace, ReadOnlySpan<byte> text)
    {
        workspace.Words.UseFor(this);
        var segments = workspace.Segments;
        var (sum, summedCount) = (0f, 0); // of the first segments: only a search needs the sum of all, and words that are known need to know that it is small
        var words = new WordScanner(text, workspace.Words);
        while (words.MoveNext())
        {
            var first = segments.Count;
            var isSmall = first * _largestScore <= LargestSum / 2; // whatever the segments are and however they are rounded
            if (!isSmall)
            {
                (sum, summedCount) = (AddScores(segments.Ids[summedCount..], sum), first);
                isSmall = MathF.Abs(sum) <= LargestSum;
            }

            if (isSmall && workspace.Words.TryAppend(words, segments))
                continue;
            sum = AddScores(segments.Ids[summedCount..], sum);
            sum = EncodeWord(workspace, words, sum, isSmall);
            summedCount = segments.Count;
        }
    }

    /// <summary>Cuts one word, in a text whose words before it have the given sum of scores, and keeps how where that is always so.</summary>
    /// <returns>The sum with the word's scores.</returns>
    private float EncodeWord(SentencePieceWorkspace workspace, in WordScanner words, float sum, bool isSmall)
    {
        var characters = workspace.WordCharacters;
        characters.Read(words.Word, Trie.Codes);
        var first = workspace.Segments.Count;
        var after = EncodeRange(workspace, characters, words.Start, sum, out var clarity);
        if (isSmall && clarity.Reach <= LargestSum && clarity.Margin > characters.Count * MarginOfCharacter)
            workspace.Words.Add(words, workspace.Segments, first);
        return after;
    }

    /// <summary>The sum along a path, rounded at each segment as the search rounds it.</summary>
    private float AddScores(ReadOnlySpan<int> ids, float sum)
    {
        foreach (var id in ids)
            sum = (float)(ScoreOf(id) + sum);
        return sum;
    }

    /// <summary>What a segment adds to the sum of a path that it is taken into.</summary>
    private double ScoreOf(int id) => id == _unknownId ? _unknownScore : double.IsNaN(_specialScores[id]) ? _scores[id] : _specialScores[id];

    /// <summary>Adds the best segments of characters that no segment crosses at their ends.</summary>
    private float EncodeRange(SentencePieceWorkspace workspace, CharacterSequence characters, int textStart, float sum, out Clarity clarity)
    {
        clarity = new Clarity { Margin = double.PositiveInfinity };
        var codes = characters.Codes;
        var length = codes.Length;
        if (workspace.BestPaths.Length <= length)
            workspace.BestPaths = new BestPath[Math.Max(length + 1, 2 * workspace.BestPaths.Length)];
        var best = workspace.BestPaths.AsSpan(0, length + 1); // by characters from the start of the range
        best.Fill(new BestPath { Score = float.NegativeInfinity });
        best[0].Score = sum;
        for (var at = 0; at < length; at++)
            ExtendPaths(codes, best, at, sum, ref clarity);

        var segments = workspace.Segments;
        var first = segments.Count;
        for (var at = length; at > 0; at = best[at].Start)
            segments.Add(best[at].Id, textStart + characters.Starts[at]);
        segments.Reverse(first);
        return best[length].Score;
    }

    private void ExtendPaths(ReadOnlySpan<int> codes, Span<BestPath> best, int start, float sum, ref Clarity clarity)
    {
        var nodes = Trie.Nodes;
        var here = best[start].Score;
        var (node, children) = (PieceTrie.Root, nodes[PieceTrie.Root].Base);
        var hasSingle = false;
        for (var i = start; i < codes.Length && codes[i] != NoPiece; i++)
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
            Compare(candidate, target.Score, sum, ref clarity);
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
        Compare(unknown, best[start + 1].Score, sum, ref clarity);
        if (unknown > best[start + 1].Score)
            best[start + 1] = new BestPath { Score = unknown, Start = start, Id = _unknownId };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Compare(double candidate, float other, float sum, ref Clarity clarity)
    {
        clarity.Margin = Math.Min(clarity.Margin, Math.Abs(candidate - other)); // infinite where no path has come yet
        clarity.Reach = Math.Max(clarity.Reach, Math.Abs(candidate - sum));
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
