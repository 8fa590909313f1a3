namespace Galvani.VocabularyMaps;

/// <summary>Links of alignments that came with the text.</summary>
internal sealed class GivenLinks(PairCorpus corpus) : IPieceLinks
{
    private readonly List<AlignedPair> links = [];
    private readonly List<int> starts = [0];

    /// <summary>Adds the links of the next pair.</summary>
    public void Add(IEnumerable<AlignedPair> ofPair)
    {
        links.AddRange(ofPair);
        starts.Add(links.Count);
    }

    /// <inheritdoc/>
    public void Collect(int pair, int first, int end, float[] weights, List<int> touched)
    {
        var target = corpus.Target(pair);
        for (var i = starts[pair]; i < starts[pair + 1]; i++)
        {
            var (source, piece) = links[i];
            if (source < first || source >= end)
                continue;
            if (weights[target[piece]]++ == 0)
                touched.Add(target[piece]);
        }
    }
}
