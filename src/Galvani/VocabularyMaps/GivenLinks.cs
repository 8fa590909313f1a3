namespace Galvani.VocabularyMaps;

/// <summary>Links of alignments that came with the text.</summary>
internal sealed class GivenLinks(PairCorpus corpus) : IPieceLinks
{
    private readonly List<AlignedPair> links = [];
    private readonly List<int> starts = [0];

    /// <inheritdoc/>
    /// <remarks>What no link leads to.</remarks>
    public IEnumerable<(int Piece, float Rate)> OfNothing
    {
        get
        {
            var unlinked = new float[corpus.TargetPieces.Count];
            for (var pair = 0; pair < corpus.Count; pair++)
            {
                var linked = links[starts[pair]..starts[pair + 1]].Select(link => link.Target).ToHashSet();
                var target = corpus.Target(pair);
                for (var i = 0; i < target.Length; i++)
                    unlinked[target[i]] += linked.Contains(i) ? 0 : 1;
            }

            return unlinked.Select((count, piece) => (piece, count / corpus.Count));
        }
    }

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
