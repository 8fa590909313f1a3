namespace Galvani;

/// <summary>What became of a line.</summary>
/// <param name="Source">The line's pieces.</param>
/// <param name="Hypotheses">The translations, best first; none where the line has no pieces.</param>
public sealed record Translation(TokenizedLine Source, IReadOnlyList<TranslationHypothesis> Hypotheses)
{
    /// <summary>The best translation; empty where the line has no pieces.</summary>
    public string Text => Hypotheses.Count == 0 ? "" : Hypotheses[0].Text;

    /// <summary><see cref="Text"/>.</summary>
    public override string ToString() => Text;
}

/// <summary>One translation of a line.</summary>
public sealed record TranslationHypothesis
{
    /// <summary>The text, put together.</summary>
    public required string Text { get; init; }

    /// <summary>The target pieces, without the end token; unknown ones replaced where that was asked for.</summary>
    public required IReadOnlyList<string> Pieces { get; init; }

    /// <summary>The tokens' ids as the search found them, with the end token unless the hypothesis was cut.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The score that hypotheses are ranked by.</summary>
    public required float Score { get; init; }

    /// <summary>The log-probability of each of <see cref="Ids"/>.</summary>
    public required IReadOnlyList<float> TokenScores { get; init; }

    /// <summary>For each of <see cref="Ids"/> the attention over the source, [S]: head 0 of the last layer. Null unless it was asked for.</summary>
    public IReadOnlyList<float[]>? Attention { get; init; }

    /// <summary>For each of <see cref="Pieces"/> a pair with the source piece it attends to most, ordered by source, then target. Null unless it was asked for.</summary>
    public IReadOnlyList<AlignedPair>? Alignment { get; init; }

    /// <summary><see cref="Text"/>.</summary>
    public override string ToString() => Text;
}

/// <summary>A link of an alignment; 0-based.</summary>
/// <param name="Source">The source piece.</param>
/// <param name="Target">The target piece.</param>
public readonly record struct AlignedPair(int Source, int Target)
{
    /// <summary>The Pharaoh form, <c>i-j</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Source}-{Target}");
}
