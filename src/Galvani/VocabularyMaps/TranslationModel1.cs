// IBM Model 1 (Brown et al. 1993, section 4.1): every target piece comes from one source piece, or from none, each place being as likely as any other; t(target | source) is estimated
// by expectation and maximisation from a uniform start. Tables are sparse: a source piece keeps the target pieces that it stands beside, the most frequent LargestRow where there are
// more. The sums run over one source piece after the other, so that a row of the table lies open in memory while it is used.
namespace Galvani.VocabularyMaps;

/// <summary>The probability that a source piece stands for a target piece, learnt from pairs alone.</summary>
internal sealed class TranslationModel1 : IPieceLinks
{
    private const int LargestRow = 1024;
    private readonly PairCorpus corpus;
    private readonly KeyLevel pieces;
    private readonly int[] allPairs;
    private readonly int nothing; // the row of pieces that come from no source piece
    private readonly int[][] targets; // of each row, sorted
    private readonly float[][] weights; // t(target | source)
    private readonly float[] sums; // of each target piece of the text, over the places it may come from

    private TranslationModel1(PairCorpus corpus)
    {
        this.corpus = corpus;
        nothing = corpus.SourcePieces.Count;
        pieces = KeyLevel.OfPieces(corpus);
        allPairs = [.. Enumerable.Range(0, corpus.Count)];
        (targets, weights) = (new int[nothing + 1][], new float[nothing + 1][]);
        sums = new float[corpus.TargetTokenCount];
        var counts = new int[corpus.TargetPieces.Count];
        for (var row = 0; row <= nothing; row++)
        {
            targets[row] = TargetsOf(row, counts);
            weights[row] = new float[targets[row].Length];
            Array.Fill(weights[row], 1f / Math.Max(1, corpus.TargetPieces.Count));
        }
    }

    /// <summary>Learns from pairs.</summary>
    /// <param name="corpus">The pairs.</param>
    /// <param name="iterationCount">How often the probabilities are re-estimated.</param>
    /// <param name="cancellationToken">Ends the work between two iterations.</param>
    public static TranslationModel1 Train(PairCorpus corpus, int iterationCount, CancellationToken cancellationToken)
    {
        var model = new TranslationModel1(corpus);
        model.Sum();
        for (var i = 0; i < iterationCount; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            model.Estimate();
            model.Sum();
        }

        return model;
    }

    /// <summary>t(target | source).</summary>
    public float Probability(int source, int target)
    {
        var place = Array.BinarySearch(targets[source], target);
        return place < 0 ? 0 : weights[source][place];
    }

    /// <inheritdoc/>
    public void Collect(int pair, int first, int end, float[] counts, List<int> touched)
    {
        var source = corpus.Source(pair)[first..end];
        var target = corpus.Target(pair);
        for (var i = 0; i < target.Length; i++)
        {
            var share = 0f;
            foreach (var piece in source)
                share += Probability(piece, target[i]);
            if (share == 0)
                continue;
            if (counts[target[i]] == 0)
                touched.Add(target[i]);
            counts[target[i]] += share / sums[corpus.TargetStart(pair) + i];
        }
    }

    private int[] TargetsOf(int row, int[] counts)
    {
        var found = new List<int>();
        foreach (var pair in PairsOf(row))
        {
            foreach (var piece in corpus.Target(pair))
            {
                if (counts[piece]++ == 0)
                    found.Add(piece);
            }
        }

        if (found.Count > LargestRow && row != nothing)
        {
            found.Sort((left, right) => counts[left] != counts[right] ? counts[right].CompareTo(counts[left]) : left.CompareTo(right));
            foreach (var piece in found.Skip(LargestRow))
                counts[piece] = 0;
            found.RemoveRange(LargestRow, found.Count - LargestRow);
        }

        foreach (var piece in found)
            counts[piece] = 0;
        return [.. found.Order()];
    }

    /// <summary>What each target piece of the text divides its one count by.</summary>
    private void Sum()
    {
        Array.Clear(sums);
        var open = new float[corpus.TargetPieces.Count];
        for (var row = 0; row <= nothing; row++)
        {
            Open(row, open);
            foreach (var pair in PairsOf(row))
            {
                var place = corpus.TargetStart(pair);
                foreach (var piece in corpus.Target(pair))
                    sums[place++] += open[piece];
            }

            Close(row, open);
        }
    }

    private void Estimate()
    {
        var open = new float[corpus.TargetPieces.Count];
        var counts = new float[corpus.TargetPieces.Count];
        for (var row = 0; row <= nothing; row++)
        {
            Open(row, open);
            foreach (var pair in PairsOf(row))
            {
                var place = corpus.TargetStart(pair);
                foreach (var piece in corpus.Target(pair))
                {
                    var sum = sums[place++];
                    counts[piece] += sum > 0 ? open[piece] / sum : 0; // a probability so small that it became zero has no say any more
                }
            }

            Close(row, open);
            var total = targets[row].Sum(piece => (double)counts[piece]);
            for (var i = 0; i < targets[row].Length; i++)
            {
                weights[row][i] = total > 0 ? (float)(counts[targets[row][i]] / total) : 0;
                counts[targets[row][i]] = 0;
            }
        }
    }

    private void Open(int row, float[] open)
    {
        for (var i = 0; i < targets[row].Length; i++)
            open[targets[row][i]] = weights[row][i];
    }

    private void Close(int row, float[] open)
    {
        foreach (var piece in targets[row])
            open[piece] = 0;
    }

    /// <summary>The pairs that a row has a say in, one as often as its source has the piece.</summary>
    private ReadOnlySpan<int> PairsOf(int row) => row == nothing ? allPairs : pieces.PairsOf(row);
}
