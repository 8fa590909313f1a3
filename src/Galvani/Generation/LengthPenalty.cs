namespace Galvani.Generation;

/// <summary>How a hypothesis's length enters its score: what the sum of log-probabilities is divided by. n counts the tokens and the start token.</summary>
public enum LengthPenalty
{
    /// <summary>n^α.</summary>
    Average,

    /// <summary>((5 + n) / 6)^α (Wu et al. 2016).</summary>
    Wu,

    /// <summary>1.</summary>
    None,
}

/// <summary>The arithmetic of <see cref="LengthPenalty"/>.</summary>
internal static class LengthPenalties
{
    /// <summary>The divisor of a score.</summary>
    /// <param name="penalty">The kind.</param>
    /// <param name="alpha">α.</param>
    /// <param name="tokenCount">Tokens produced, the end token included and the start token not.</param>
    public static float Divisor(LengthPenalty penalty, double alpha, int tokenCount)
    {
        var n = tokenCount + 1.0; // the start token counts
        return penalty switch
        {
            LengthPenalty.Average => (float)Math.Pow(n, alpha),
            LengthPenalty.Wu => (float)Math.Pow((5 + n) / 6, alpha),
            _ => 1,
        };
    }
}
