namespace Galvani.Generation;

/// <summary>When the search for a sentence ends.</summary>
public enum BeamStop
{
    /// <summary>When the best hypothesis of a step has finished in this very step and as many have finished as are asked for: OpenNMT-py 3.</summary>
    BestFinishesNow,

    /// <summary>When the best hypothesis of this or an earlier step had finished and as many have finished as the beam is wide: OpenNMT-py 2.</summary>
    BestFinishedOnce,
}

/// <summary>
/// How tokens are searched for. The defaults are those of OpenNMT-py 3.5's <c>translate</c>; <see cref="Version2"/> are those of 2.x. Greedy search is
/// a beam of width 1.
/// </summary>
public sealed record SearchOptions
{
    /// <summary>The largest <see cref="BeamWidth"/>: a step keeps the probabilities of the whole vocabulary for each hypothesis, and this many take gigabytes already.</summary>
    public const int WidestBeam = 10_000;

    /// <summary>The defaults of OpenNMT-py 2.x: no length penalty, 100 tokens, no limit by the source's length, its rule for when to stop.</summary>
    public static SearchOptions Version2 { get; } = new()
    {
        LengthPenalty = LengthPenalty.None, LengthPenaltyAlpha = 0, MaximumLength = 100, MaximumLengthRatio = 0, Stop = BeamStop.BestFinishedOnce,
    };

    /// <summary>W, the hypotheses followed for each sentence; the paths drawn, when sampling; at most <see cref="WidestBeam"/>. Default 5.</summary>
    public int BeamWidth { get; init; } = 5;

    /// <summary>The hypotheses given for each sentence, at most <see cref="BeamWidth"/>. Default 1.</summary>
    public int HypothesisCount { get; init; } = 1;

    /// <summary>The most tokens of a hypothesis, its end token included, its prefix not. Default 250.</summary>
    public int MaximumLength { get; init; } = 250;

    /// <summary>The fewest tokens before the end token, the prefix not counted. Default 0.</summary>
    public int MinimumLength { get; init; }

    /// <summary>Limits the length to so many times the sentence's own source tokens and 5 more; 0 for no such limit. Not used for language models. Default 1.25.</summary>
    public double MaximumLengthRatio { get; init; } = 1.25;

    /// <summary>How length enters the score. Default <see cref="LengthPenalty.Average"/>.</summary>
    public LengthPenalty LengthPenalty { get; init; } = LengthPenalty.Average;

    /// <summary>The strength of the length penalty. Default 1.</summary>
    public double LengthPenaltyAlpha { get; init; } = 1;

    /// <summary>What uneven attention costs; beam search only. Default nothing.</summary>
    public CoveragePenalty CoveragePenalty { get; init; } = CoveragePenalty.None;

    /// <summary>The strength of the coverage penalty. Default 0.</summary>
    public double CoverageBeta { get; init; }

    /// <summary>Whether the coverage penalty steers each step's choice, instead of only the score that a step's hypotheses have. Default false.</summary>
    public bool IsCoverageStepwise { get; init; }

    /// <summary>
    /// Ends a sentence once no running hypothesis can be expected to win: when the best one's score over (source length times this) is at most the best finished
    /// score over (tokens and 2); 0 for <see cref="Stop"/> alone. Default 0.
    /// </summary>
    public double StopRatio { get; init; }

    /// <summary>When a sentence ends, where <see cref="StopRatio"/> does not decide. Default <see cref="BeamStop.BestFinishesNow"/>.</summary>
    public BeamStop Stop { get; init; } = BeamStop.BestFinishesNow;

    /// <summary>No sequence of so many tokens appears twice in a hypothesis; 0 for no such rule. Default 0.</summary>
    public int BlockedRepeatLength { get; init; }

    /// <summary>Tokens whose sequences may repeat all the same. Default none.</summary>
    public IReadOnlySet<int> RepeatableTokens { get; init; } = new HashSet<int>();

    /// <summary>Whether the unknown token is never produced. Default false.</summary>
    public bool BansUnknown { get; init; }

    /// <summary>Further rules, applied in order at every step. Default none.</summary>
    public IReadOnlyList<IDecodingRule> Rules { get; init; } = [];

    /// <summary>Draws tokens at random; null (the default) for beam search.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Whether hypotheses carry their attention. Default false.</summary>
    public bool KeepsAttention { get; init; }

    /// <summary>Checks everything at once.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        CheckCount(nameof(BeamWidth), BeamWidth, smallest: 1);
        if (BeamWidth > WidestBeam)
            throw new ArgumentOutOfRangeException(nameof(BeamWidth), FormattableString.Invariant($"{nameof(BeamWidth)} is {BeamWidth}, expected at most {WidestBeam}."));
        CheckCount(nameof(HypothesisCount), HypothesisCount, smallest: 1);
        if (HypothesisCount > BeamWidth)
            throw new ArgumentException(FormattableString.Invariant($"{nameof(HypothesisCount)} is {HypothesisCount}, expected at most {BeamWidth}, the width of the beam: widen it."), nameof(HypothesisCount));
        CheckCount(nameof(MaximumLength), MaximumLength, smallest: 1);
        CheckCount(nameof(MinimumLength), MinimumLength, smallest: 0);
        if (MinimumLength > MaximumLength)
            throw new ArgumentException(FormattableString.Invariant($"{nameof(MinimumLength)} is {MinimumLength}, expected at most {MaximumLength}, the maximum length."), nameof(MinimumLength));
        CheckCount(nameof(BlockedRepeatLength), BlockedRepeatLength, smallest: 0);
        CheckNumber(nameof(MaximumLengthRatio), MaximumLengthRatio, 0);
        CheckNumber(nameof(StopRatio), StopRatio, 0);
        CheckNumber(nameof(LengthPenaltyAlpha), LengthPenaltyAlpha, double.MinValue);
        CheckNumber(nameof(CoverageBeta), CoverageBeta, double.MinValue);
        Sampling?.Validate();
    }

    private static void CheckCount(string name, int value, int smallest)
    {
        if (value < smallest)
            throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{name} is {value}, expected at least {smallest}."));
    }

    private static void CheckNumber(string name, double value, double smallest)
    {
        if (!double.IsFinite(value) || value < smallest)
            throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{name} is {value}, expected a finite number{(smallest == 0 ? " of at least 0" : "")}."));
    }
}
