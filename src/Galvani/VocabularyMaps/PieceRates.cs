// Which source piece a target piece comes from is learnt as in IBM Model 1 (Brown et al. 1993, section 4.1): what is seen of a target piece in a sentence is shared out among the sentence's
// pieces, and "nothing", by how much each is expected to bring, and what was shared out gives the next expectation. Two things differ: what is seen is a weight (how likely a model finds the
// piece), and the expectation is a rate (weight an occurrence), not a distribution over the vocabulary: a piece may bring many.
// Rows lie open in memory, one source piece after the other, while sums run over the text.
namespace Galvani.VocabularyMaps;

/// <summary>How much of each target piece an occurrence of a source piece brings.</summary>
internal sealed class PieceRates : IPieceLinks
{
    private const int LargestRow = 2048;
    private const int IterationCount = 3;
    private readonly PairCorpus corpus;
    private readonly KeyLevel pieces;
    private readonly int[] allPairs;
    private readonly int nothing; // the row that every sentence has
    private readonly int[][] targets; // of each row, sorted
    private readonly float[][] rates;
    private readonly float[] sums; // of each target piece of the text, over the rows that may bring it
    private readonly float[] open; // [target pieces]: the row in use
    private readonly float[] next; // [target pieces]: what the row gets

    private PieceRates(PairCorpus corpus)
    {
        this.corpus = corpus;
        nothing = corpus.SourcePieces.Count;
        pieces = KeyLevel.OfPieces(corpus);
        allPairs = [.. Enumerable.Range(0, corpus.Count)];
        (targets, rates) = (new int[nothing + 1][], new float[nothing + 1][]);
        sums = new float[corpus.TargetTokenCount];
        (open, next) = (new float[corpus.TargetPieces.Count], new float[corpus.TargetPieces.Count]);
        for (var row = 0; row <= nothing; row++)
            Start(row);
    }

    /// <inheritdoc/>
    public IEnumerable<(int Piece, float Rate)> OfNothing => targets[nothing].Zip(rates[nothing]);

    /// <summary>Learns from pairs.</summary>
    /// <param name="corpus">The pairs.</param>
    /// <param name="cancellationToken">Ends the work between two iterations.</param>
    public static PieceRates Learn(PairCorpus corpus, CancellationToken cancellationToken)
    {
        var learnt = new PieceRates(corpus);
        learnt.Sum();
        for (var i = 0; i < IterationCount; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            learnt.Share();
            learnt.Sum();
        }

        return learnt;
    }

    /// <inheritdoc/>
    public void Collect(int pair, int first, int end, float[] weights, List<int> touched)
    {
        var source = corpus.Source(pair)[first..end];
        var target = corpus.Target(pair);
        var ofPair = corpus.Weights(pair);
        for (var i = 0; i < target.Length; i++)
        {
            var rate = 0f;
            foreach (var piece in source)
                rate += RateOf(piece, target[i]);
            if (rate == 0)
                continue;
            if (weights[target[i]] == 0)
                touched.Add(target[i]);
            weights[target[i]] += ofPair[i] * rate / sums[corpus.TargetStart(pair) + i];
        }
    }

    private float RateOf(int source, int target)
    {
        var place = Array.BinarySearch(targets[source], target);
        return place < 0 ? 0 : rates[source][place];
    }

    /// <summary>A row as if it brought everything that it stands beside.</summary>
    private void Start(int row)
    {
        var found = new List<int>();
        foreach (var pair in PairsOf(row))
        {
            var target = corpus.Target(pair);
            var weights = corpus.Weights(pair);
            for (var i = 0; i < target.Length; i++)
            {
                if (next[target[i]] == 0)
                    found.Add(target[i]);
                next[target[i]] += weights[i];
            }
        }

        int[] kept = [.. found.OrderByDescending(piece => next[piece]).ThenBy(piece => piece).Take(row == nothing ? found.Count : LargestRow).Order()];
        (targets[row], rates[row]) = (kept, new float[kept.Length]);
        TakeRates(row);
        foreach (var piece in found)
            next[piece] = 0;
    }

    /// <summary>What each target piece of the text is shared out by.</summary>
    private void Sum()
    {
        Array.Clear(sums);
        for (var row = 0; row <= nothing; row++)
        {
            Open(row);
            foreach (var pair in PairsOf(row))
            {
                var place = corpus.TargetStart(pair);
                foreach (var piece in corpus.Target(pair))
                    sums[place++] += open[piece];
            }

            Close(row);
        }
    }

    private void Share()
    {
        for (var row = 0; row <= nothing; row++)
        {
            Open(row);
            foreach (var pair in PairsOf(row))
            {
                var place = corpus.TargetStart(pair);
                var target = corpus.Target(pair);
                var weights = corpus.Weights(pair);
                for (var i = 0; i < target.Length; i++)
                {
                    var sum = sums[place + i];
                    next[target[i]] += sum > 0 ? weights[i] * open[target[i]] / sum : 0; // a rate so small that it became zero has no say any more
                }
            }

            Close(row);
            TakeRates(row);
        }
    }

    private void TakeRates(int row)
    {
        var occurrences = PairsOf(row).Length;
        for (var i = 0; i < targets[row].Length; i++)
        {
            rates[row][i] = next[targets[row][i]] / occurrences;
            next[targets[row][i]] = 0;
        }
    }

    private void Open(int row)
    {
        for (var i = 0; i < targets[row].Length; i++)
            open[targets[row][i]] = rates[row][i];
    }

    private void Close(int row)
    {
        foreach (var piece in targets[row])
            open[piece] = 0;
    }

    /// <summary>The pairs that have a row, one as often as its source has the piece.</summary>
    private ReadOnlySpan<int> PairsOf(int row) => row == nothing ? allPairs : pieces.PairsOf(row);
}
