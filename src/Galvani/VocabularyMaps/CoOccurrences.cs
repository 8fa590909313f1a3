namespace Galvani.VocabularyMaps;

/// <summary>Every part of a sentence stands for all of its target pieces, each by its weight.</summary>
internal sealed class CoOccurrences(PairCorpus corpus) : IPieceLinks
{
    /// <inheritdoc/>
    public void Collect(int pair, int first, int end, float[] counts, List<int> touched)
    {
        var target = corpus.Target(pair);
        var weights = corpus.Weights(pair);
        for (var i = 0; i < target.Length; i++)
        {
            if (counts[target[i]] == 0)
                touched.Add(target[i]);
            counts[target[i]] += weights[i];
        }
    }
}
