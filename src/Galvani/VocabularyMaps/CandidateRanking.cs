using Galvani.Text;

namespace Galvani.VocabularyMaps;

/// <summary>The target pieces of each n-gram, level by level: those that weigh most in its sentences, without what a sentence with this n-gram may use anyway.</summary>
internal sealed class CandidateRanking
{
    // An n-gram of several pieces lists what its pieces do not bring often enough each, and it does so much more often.
    private const float SequenceFactor = 10;

    private readonly PairCorpus corpus;
    private readonly IPieceLinks links;
    private readonly VocabularyMapOptions options;
    private readonly bool[] isListed; // [target pieces]: pieces that need no listing: common, or not in the vocabulary
    private readonly float[] weights; // [target pieces]
    private readonly List<int> touched = [];
    private readonly List<(KeyLevel Level, int[][] Candidates)> levels = [];

    public CandidateRanking(PairCorpus corpus, IPieceLinks links, Vocabulary target, VocabularyMapOptions options)
    {
        (this.corpus, this.links, this.options) = (corpus, links, options);
        weights = new float[corpus.TargetPieces.Count];
        isListed = [.. Enumerable.Range(0, corpus.TargetPieces.Count).Select(piece => !target.Contains(corpus.TargetPieces[piece]))];
        Common = [.. links.OfNothing.Where(entry => !isListed[entry.Piece] && entry.Rate >= options.SmallestRate).OrderByDescending(entry => entry.Rate).ThenBy(entry => entry.Piece).Take(options.CommonCount).Select(entry => entry.Piece)];
        foreach (var piece in Common)
            isListed[piece] = true;
    }

    /// <summary>The target pieces for every sentence, most frequent first.</summary>
    public IReadOnlyList<int> Common { get; }

    /// <summary>Ranks the candidates of a level; shorter levels come first.</summary>
    /// <returns>For each n-gram its target pieces, best first; may be none.</returns>
    public int[][] Rank(KeyLevel level)
    {
        var candidates = new int[level.Count][];
        for (var key = 0; key < level.Count; key++)
        {
            Collect(level, key);
            ForgetListed(level, key);
            var smallest = options.SmallestRate * level.PairsOf(key).Length * (level.Length == 1 ? 1 : SequenceFactor);
            candidates[key] = [.. touched.Where(piece => !isListed[piece] && weights[piece] >= smallest).OrderByDescending(piece => weights[piece]).ThenBy(piece => piece).Take(options.CandidateCount)];
            foreach (var piece in touched)
                weights[piece] = 0;
        }

        levels.Add((level, candidates));
        return candidates;
    }

    private void Collect(KeyLevel level, int key)
    {
        touched.Clear();
        var (pairs, firsts) = (level.PairsOf(key).ToArray(), level.FirstsOf(key).ToArray());
        for (var i = 0; i < pairs.Length; i++)
            links.Collect(pairs[i], firsts[i], firsts[i] + level.Length, weights, touched);
    }

    /// <summary>Takes away what the shorter n-grams in this one list.</summary>
    private void ForgetListed(KeyLevel level, int key)
    {
        if (level.Length == 1)
            return;
        var start = corpus.SourceStart(level.PairsOf(key)[0]) + level.FirstsOf(key)[0];
        foreach (var (shorter, candidates) in levels)
        {
            for (var first = 0; first + shorter.Length <= level.Length; first++)
            {
                if (!shorter.TryGetKey(start + first, out var part))
                    continue;
                foreach (var piece in candidates[part])
                    weights[piece] = 0;
            }
        }
    }
}
