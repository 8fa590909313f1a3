// chrF (Popović 2015) of a corpus as sacreBLEU 2 computes it by default (chrF2): character n-grams up to 6, no word n-grams, beta 2, white space left out, case kept,
// orders that neither side has left out of the mean, one reference.
using System.Text;

namespace Galvani.Evaluation;

/// <summary>chrF2 of a corpus. Immutable.</summary>
public sealed record ChrfScore
{
    private const int MaximumOrder = 6;
    private const double BetaSquared = 4;
    private const int BitsOfCodePoint = 21;

    private ChrfScore(double score) => Score = score;

    /// <summary>chrF2, from 0 to 100.</summary>
    public double Score { get; }

    /// <summary>How it was computed, in sacreBLEU's words, without a version.</summary>
    public static string Signature => "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no";

    /// <summary>Scores a corpus.</summary>
    /// <param name="hypotheses">The translations, a segment each.</param>
    /// <param name="references">The references, in the same order.</param>
    /// <exception cref="ArgumentException">Their numbers differ, or there is no segment.</exception>
    public static ChrfScore Of(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references)
    {
        SegmentPairs.Check(hypotheses, references);
        var (matches, hypothesisTotals, referenceTotals) = (new long[MaximumOrder], new long[MaximumOrder], new long[MaximumOrder]);
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var (hypothesis, reference) = (Characters(hypotheses[i]), Characters(references[i]));
            for (var order = 1; order <= MaximumOrder; order++)
            {
                var (hypothesisCount, referenceCount) = (Math.Max(0, hypothesis.Count - order + 1), Math.Max(0, reference.Count - order + 1));
                matches[order - 1] += SegmentPairs.CountMatches(Count(hypothesis, order), Count(reference, order));
                hypothesisTotals[order - 1] += referenceCount > 0 ? hypothesisCount : 0; // no chance to match, no miss
                referenceTotals[order - 1] += referenceCount;
            }
        }

        return new ChrfScore(FScore(matches, hypothesisTotals, referenceTotals));
    }

    private static double FScore(long[] matches, long[] hypothesisTotals, long[] referenceTotals)
    {
        var (precision, recall, orders) = (0.0, 0.0, 0);
        for (var n = 0; n < MaximumOrder; n++)
        {
            if (hypothesisTotals[n] == 0 || referenceTotals[n] == 0)
                continue;
            precision += (double)matches[n] / hypothesisTotals[n];
            recall += (double)matches[n] / referenceTotals[n];
            orders++;
        }

        if (precision + recall == 0)
            return 0;
        (precision, recall) = (precision / orders, recall / orders);
        return 100 * (1 + BetaSquared) * precision * recall / (BetaSquared * precision + recall);
    }

    private static List<int> Characters(string segment)
    {
        var characters = new List<int>(segment.Length);
        foreach (var part in Tokenization13a.SplitAtWhiteSpace(segment))
        {
            foreach (var rune in part.EnumerateRunes())
                characters.Add(rune.Value);
        }

        return characters;
    }

    // A code point takes 21 bits, so six fit a key of 128.
    private static Dictionary<UInt128, int> Count(List<int> characters, int order)
    {
        var counts = new Dictionary<UInt128, int>();
        for (var start = 0; start + order <= characters.Count; start++)
        {
            var key = UInt128.Zero;
            for (var i = start; i < start + order; i++)
                key = (key << BitsOfCodePoint) | (uint)characters[i];
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        return counts;
    }
}
