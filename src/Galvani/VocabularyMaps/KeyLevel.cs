namespace Galvani.VocabularyMaps;

/// <summary>All source n-grams of one length, numbered, and where they occur.</summary>
internal sealed class KeyLevel
{
    private const int NoKey = -1;
    private readonly int[] keyAt; // of each source piece of the text, the n-gram that begins there, or NoKey
    private readonly int[] starts; // of each n-gram's occurrences
    private readonly int[] pairs;
    private readonly int[] firsts; // places in the pair

    private KeyLevel(PairCorpus corpus, int length, int[] keyAt, int count)
    {
        (this.keyAt, Length, Count) = (keyAt, length, count);
        starts = new int[count + 1];
        foreach (var key in keyAt)
        {
            if (key != NoKey)
                starts[key + 1]++;
        }

        for (var key = 0; key < count; key++)
            starts[key + 1] += starts[key];
        (pairs, firsts) = (new int[starts[count]], new int[starts[count]]);
        Place(corpus, [.. starts]);
    }

    /// <summary>The pieces of an n-gram.</summary>
    public int Length { get; }

    /// <summary>The number of n-grams.</summary>
    public int Count { get; }

    /// <summary>Every piece by itself, numbered as the corpus does.</summary>
    public static KeyLevel OfPieces(PairCorpus corpus)
    {
        var keyAt = new int[corpus.SourceTokenCount];
        for (var pair = 0; pair < corpus.Count; pair++)
            corpus.Source(pair).CopyTo(keyAt.AsSpan(corpus.SourceStart(pair)));
        return new KeyLevel(corpus, length: 1, keyAt, corpus.SourcePieces.Count);
    }

    /// <summary>The n-grams one piece longer that occur often enough.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="smallestCount">How often.</param>
    public KeyLevel Longer(PairCorpus corpus, int smallestCount)
    {
        var numbers = new Dictionary<(int Shorter, int Piece), int>();
        var counts = new List<int>();
        var longer = new int[keyAt.Length];
        Array.Fill(longer, NoKey);
        for (var pair = 0; pair < corpus.Count; pair++)
        {
            var source = corpus.Source(pair);
            for (var first = 0; first + Length < source.Length; first++)
            {
                var place = corpus.SourceStart(pair) + first;
                if (keyAt[place] == NoKey)
                    continue; // what is too rare does not become more frequent
                var name = (keyAt[place], source[first + Length]);
                if (!numbers.TryGetValue(name, out var key))
                {
                    numbers.Add(name, key = counts.Count);
                    counts.Add(0);
                }

                counts[key]++;
                longer[place] = key;
            }
        }

        return new KeyLevel(corpus, Length + 1, longer, KeepFrequent(longer, counts, smallestCount));
    }

    /// <summary>The pairs that an n-gram occurs in, one as often as it occurs there.</summary>
    public ReadOnlySpan<int> PairsOf(int key) => pairs.AsSpan(starts[key]..starts[key + 1]);

    /// <summary>Where an n-gram begins in each of <see cref="PairsOf"/>.</summary>
    public ReadOnlySpan<int> FirstsOf(int key) => firsts.AsSpan(starts[key]..starts[key + 1]);

    /// <summary>The n-gram that begins at a source piece of the text.</summary>
    /// <returns>False where there is none, or it is too rare.</returns>
    public bool TryGetKey(int place, out int key)
    {
        key = keyAt[place];
        return key != NoKey;
    }

    private static int KeepFrequent(int[] keys, List<int> counts, int smallestCount)
    {
        var kept = 0;
        var renumbered = new int[counts.Count];
        for (var key = 0; key < renumbered.Length; key++)
            renumbered[key] = counts[key] >= smallestCount ? kept++ : NoKey;
        for (var place = 0; place < keys.Length; place++)
            keys[place] = keys[place] == NoKey ? NoKey : renumbered[keys[place]];
        return kept;
    }

    private void Place(PairCorpus corpus, int[] next)
    {
        for (var pair = 0; pair < corpus.Count; pair++)
        {
            for (var first = 0; first < corpus.Source(pair).Length; first++)
            {
                if (!TryGetKey(corpus.SourceStart(pair) + first, out var key))
                    continue;
                pairs[next[key]] = pair;
                firsts[next[key]++] = first;
            }
        }
    }
}
