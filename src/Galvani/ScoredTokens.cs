namespace Galvani;

/// <summary>Tokens of a part of a text that a language model scored.</summary>
/// <param name="Ids">[T].</param>
/// <param name="LogProbabilities">[T], what each of them has; 0 for padding.</param>
public sealed record ScoredTokens(int[] Ids, float[] LogProbabilities);
