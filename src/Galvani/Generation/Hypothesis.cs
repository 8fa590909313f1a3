namespace Galvani.Generation;

/// <summary>One result of a search. Immutable.</summary>
/// <param name="Ids">The tokens, without the start token; the last is the end token unless the hypothesis was cut at the length limit.</param>
/// <param name="Score">The sum of the tokens' log-probabilities over the length penalty, less a coverage penalty: what hypotheses are ranked by.</param>
/// <param name="TokenScores">The log-probability of each token, after decoding rules.</param>
/// <param name="Attention">For each token the attention over the source, [S] each; empty unless it was asked for.</param>
public sealed record Hypothesis(IReadOnlyList<int> Ids, float Score, IReadOnlyList<float> TokenScores, IReadOnlyList<float[]> Attention);
