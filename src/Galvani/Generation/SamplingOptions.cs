namespace Galvani.Generation;

/// <summary>
/// Drawing tokens at random instead of searching. <see cref="TopProbability"/> is applied first, then <see cref="TopCount"/>. What is drawn depends on the seed, the
/// sentence's stream number, the path and the position alone (<see cref="RandomStream"/>).
/// </summary>
public sealed record SamplingOptions
{
    // Quotients with smaller ones are beyond float32, where every token is equally unlikely.
    private const double SmallestTemperature = 1e-30;

    /// <summary>Only the most likely so many tokens (and those as likely as the last of them) are drawn; 0 for all. Default 0. 1 takes the most likely token always.</summary>
    public int TopCount { get; init; }

    /// <summary>Only the most likely tokens that together reach this probability are drawn; 0 or 1 for all. Default 0.</summary>
    public double TopProbability { get; init; }

    /// <summary>What log-probabilities are divided by, 1e-30 or more: below 1 likely tokens become likelier. 0 takes the most likely token always. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The seed. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Whether nothing is drawn: the most likely token is taken.</summary>
    internal bool IsGreedy => TopCount == 1 || Temperature == 0;

    internal void Validate()
    {
        if (TopCount < 0)
            throw new ArgumentOutOfRangeException(nameof(TopCount), FormattableString.Invariant($"{nameof(TopCount)} is {TopCount}, expected at least 0."));
        if (!(TopProbability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(TopProbability), FormattableString.Invariant($"{nameof(TopProbability)} is {TopProbability}, expected a probability from 0 to 1."));
        if (!(Temperature == 0 || Temperature >= SmallestTemperature) || !double.IsFinite(Temperature))
            throw new ArgumentOutOfRangeException(nameof(Temperature), FormattableString.Invariant($"{nameof(Temperature)} is {Temperature}, expected 0, or a finite number of at least {SmallestTemperature}."));
    }
}
