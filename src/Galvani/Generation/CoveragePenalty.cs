namespace Galvani.Generation;

/// <summary>What hypotheses lose that leave source tokens unattended, or attend to them too often. c is the attention that a source token has had.</summary>
public enum CoveragePenalty
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>β · Σ -ln min(c, 1) (Wu et al. 2016).</summary>
    Wu,

    /// <summary>β · (Σ max(c, 1) - S) (Gehrmann et al. 2018).</summary>
    Summary,
}

/// <summary>The arithmetic of <see cref="CoveragePenalty"/>.</summary>
internal static class CoveragePenalties
{
    /// <summary>The penalty of a hypothesis.</summary>
    /// <param name="penalty">The kind.</param>
    /// <param name="beta">β.</param>
    /// <param name="coverage">[S]: the attention each source token has had.</param>
    public static float Of(CoveragePenalty penalty, double beta, ReadOnlySpan<float> coverage)
    {
        var sum = 0f;
        foreach (var attention in coverage)
            sum += penalty == CoveragePenalty.Wu ? -MathF.Log(Math.Min(attention, 1)) : Math.Max(attention, 1) - 1;
        return (float)beta * sum;
    }
}
