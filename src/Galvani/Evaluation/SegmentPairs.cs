namespace Galvani.Evaluation;

/// <summary>What all comparisons of hypotheses with references share.</summary>
internal static class SegmentPairs
{
    /// <summary>Checks that every hypothesis has its reference.</summary>
    public static void Check(IReadOnlyList<string> hypotheses, IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        ArgumentNullException.ThrowIfNull(references);
        if (hypotheses.Count != references.Count)
            throw new ArgumentException($"There are {hypotheses.Count} hypotheses and {references.Count} references, expected as many.", nameof(references));
        if (hypotheses.Count == 0)
            throw new ArgumentException("There is no segment to score.", nameof(hypotheses));
    }

    /// <summary>How many n-grams two segments share, each counted at most as often as the reference has it.</summary>
    public static long CountMatches<T>(Dictionary<T, int> hypothesis, Dictionary<T, int> reference)
        where T : notnull
    {
        var matches = 0L;
        foreach (var (gram, count) in hypothesis)
            matches += Math.Min(count, reference.GetValueOrDefault(gram));
        return matches;
    }
}
