namespace Galvani;

/// <summary>How likely a model finds a sequence.</summary>
public sealed record SentenceScore
{
    /// <summary>The tokens that were scored, the end token last.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The natural logarithm of each token's probability after those before it; 0 for <c>&lt;blank&gt;</c>, as OpenNMT-py counts it.</summary>
    public required IReadOnlyList<float> TokenLogProbabilities { get; init; }

    /// <summary>The sum: OpenNMT-py's gold score.</summary>
    public required double LogProbability { get; init; }

    /// <summary>e to the negative mean of the tokens' log-probabilities; a language model's first token, which has nothing before it, does not count.</summary>
    public required double Perplexity { get; init; }
}
