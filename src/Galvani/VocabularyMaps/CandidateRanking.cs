using Galvani.Text;

namespace Galvani.VocabularyMaps;

/// <summary>The target pieces of each n-gram, level by level: those that weigh most in its sentences, without what a sentence with this n-gram may use anyway.</summary>
internal sealed class CandidateRanking
{
    // Of a weight that an occurrence has at most 1 of, what is less than this on average is not worth a place.
    private const float SmallestShare = 0.001f;

    // An n-gram of several pieces lists what weighs so much in all of its occurrences.
    private const float SmallestSum = 0.5f;

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
        Common = MostFrequent();
        foreach (var piece in Common)
            isListed[piece] = true;
    }

    /// <summary>The most frequent target pieces, most frequent first.</summary>
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
            var smallest = level.Length == 1 ? SmallestShare * level.PairsOf(key).Length : SmallestSum;
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

    private int[] MostFrequent()
    {
        var frequencies = new double[corpus.TargetPieces.Count];
        for (var pair = 0; pair < corpus.Count; pair++)
        {
            var target = corpus.Target(pair);
            var ofPair = corpus.Weights(pair);
            for (var i = 0; i < target.Length; i++)
                frequencies[target[i]] += ofPair[i];
        }

        return [.. Enumerable.Range(0, frequencies.Length).Where(piece => !isListed[piece]).OrderByDescending(piece => frequencies[piece]).ThenBy(piece => piece).Take(options.CommonCount)];
    }
}
