// BLEU (Papineni et al. 2002) of a corpus as sacreBLEU 2 computes it by default: 13a tokenisation, case kept, n-grams up to 4, exponential smoothing, one reference.
// Left out: other tokenisations, other smoothings, several references, confidence intervals.
namespace Galvani.Evaluation;

/// <summary>BLEU of a corpus. Immutable.</summary>
public sealed record BleuScore
{
    /// <summary>The longest n-gram.</summary>
    public const int MaximumOrder = 4;

    private BleuScore(long[] matches, long[] totals, long hypothesisLength, long referenceLength)
    {
        (HypothesisLength, ReferenceLength) = (hypothesisLength, referenceLength);
        BrevityPenalty = hypothesisLength >= referenceLength ? 1 : hypothesisLength == 0 ? 0 : Math.Exp(1 - (double)referenceLength / hypothesisLength);
        Precisions = PrecisionsOf(matches, totals);
        Score = matches.All(count => count == 0) || Precisions.Any(precision => precision == 0) ? 0 : BrevityPenalty * Math.Exp(Precisions.Average(Math.Log));
    }

    /// <summary>BLEU, from 0 to 100.</summary>
    public double Score { get; }

    /// <summary>The precisions of 1- to 4-grams, from 0 to 100, smoothed.</summary>
    public IReadOnlyList<double> Precisions { get; }

    /// <summary>What the score is multiplied by where the hypotheses are shorter than the references together.</summary>
    public double BrevityPenalty { get; }

    /// <summary>The words of all hypotheses.</summary>
    public long HypothesisLength { get; }

    /// <summary>The words of all references.</summary>
    public long ReferenceLength { get; }

    /// <summary>How it was computed, in sacreBLEU's words, without a version.</summary>
    public static string Signature => "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp";

    /// <summary>Scores a corpus.</summary>
    /// <param name="hypotheses">The translations, a segment each.</param>
    /// <param name="references">The references, in the same order.</param>
    /// <exception cref="ArgumentException">Their numbers differ, or there is no segment.</exception>
    public static BleuScore Of(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references)
    {
        SegmentPairs.Check(hypotheses, references);
        var (matches, totals) = (new long[MaximumOrder], new long[MaximumOrder]);
        var (hypothesisLength, referenceLength) = (0L, 0L);
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var (hypothesis, reference) = (Tokenization13a.Words(hypotheses[i]), Tokenization13a.Words(references[i]));
            hypothesisLength += hypothesis.Count;
            referenceLength += reference.Count;
            for (var order = 1; order <= MaximumOrder; order++)
            {
                matches[order - 1] += SegmentPairs.CountMatches(Count(hypothesis, order), Count(reference, order));
                totals[order - 1] += Math.Max(0, hypothesis.Count - order + 1);
            }
        }

        return new BleuScore(matches, totals, hypothesisLength, referenceLength);
    }

    // An order without a match counts as 1 / 2^k matches, k being the number of such orders so far; one without n-grams, and all behind it, stay 0.
    private static double[] PrecisionsOf(long[] matches, long[] totals)
    {
        var precisions = new double[MaximumOrder];
        if (matches.All(count => count == 0))
            return precisions;
        var smoothing = 1.0;
        for (var n = 0; n < MaximumOrder && totals[n] > 0; n++)
        {
            if (matches[n] == 0)
                smoothing *= 2;
            precisions[n] = matches[n] == 0 ? 100 / (smoothing * totals[n]) : 100.0 * matches[n] / totals[n];
        }

        return precisions;
    }

    private static Dictionary<string, int> Count(List<string> words, int order)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var start = 0; start + order <= words.Count; start++)
        {
            var gram = order == 1 ? words[start] : string.Join(' ', words.GetRange(start, order)); // words contain no space
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }
}
