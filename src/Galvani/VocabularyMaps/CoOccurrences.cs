namespace Galvani.VocabularyMaps;

/// <summary>Every part of a sentence stands for all of its target pieces, each by its weight.</summary>
internal sealed class CoOccurrences(PairCorpus corpus) : IPieceLinks
{
    /// <inheritdoc/>
    public void Collect(int pair, int first, int end, float[] weights, List<int> touched)
    {
        var target = corpus.Target(pair);
        var ofPair = corpus.Weights(pair);
        for (var i = 0; i < target.Length; i++)
        {
            if (weights[target[i]] == 0)
                touched.Add(target[i]);
            weights[target[i]] += ofPair[i];
        }
    }
}
