using Galvani.Models;

namespace Galvani;

/// <summary>
/// The score of a text by a language model that comes in parts, each of which is scored by itself (<see cref="Scorer.ScoreParts"/>): only sums are kept, so a text may have any length. For one
/// thread at a time.
/// </summary>
public sealed class RunningScore
{
    private readonly Scorer scorer;
    private double countedSum;
    private long countedTokens;

    /// <param name="scorer">Scores the parts.</param>
    public RunningScore(Scorer scorer)
    {
        ArgumentNullException.ThrowIfNull(scorer);
        this.scorer = scorer;
    }

    /// <summary>The number of tokens scored so far.</summary>
    public int TokenCount { get; private set; }

    /// <summary>The sum of their log-probabilities.</summary>
    public double LogProbability { get; private set; }

    /// <summary>The perplexity, without the first token of each part, which has nothing before it.</summary>
    public double Perplexity => Math.Exp(-(countedSum / countedTokens));

    /// <summary>Scores a part behind which another comes: its end token, which ends nothing, does not count.</summary>
    /// <param name="part">The part, not empty.</param>
    /// <returns>The tokens that were scored.</returns>
    /// <exception cref="ArgumentException">The part has no tokens or is too long, or the model is no language model.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public ScoredTokens Add(TokenizedLine part)
    {
        var scored = scorer.ScoreTokens(part);
        return Take(new ScoredTokens(scored.Ids[..^1], scored.LogProbabilities[..^1]));
    }

    /// <summary>Scores the last part.</summary>
    /// <param name="part">The part, not empty.</param>
    /// <returns>The tokens that were scored, with the end token.</returns>
    /// <exception cref="ArgumentException">The part has no tokens or is too long, or the model is no language model.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public ScoredTokens AddLast(TokenizedLine part) => Take(scorer.ScoreTokens(part));

    private ScoredTokens Take(ScoredTokens scored)
    {
        for (var t = 0; t < scored.Ids.Length; t++)
        {
            LogProbability += scored.LogProbabilities[t];
            if (t == 0 && scorer.HasStartToken)
                continue;
            countedSum += scored.LogProbabilities[t];
            countedTokens++;
        }

        TokenCount += scored.Ids.Length;
        return scored;
    }
}
