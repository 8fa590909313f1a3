namespace Galvani.Generation;

/// <summary>The ids that mean something to the search.</summary>
/// <param name="Start">The token a decoder starts with.</param>
/// <param name="End">The token that ends a hypothesis.</param>
/// <param name="Unknown">The token that stands for words outside the vocabulary; null where there is none.</param>
/// <param name="Padding">The token that fills batches up; null where there is none.</param>
public readonly record struct SpecialTokens(int Start, int End, int? Unknown, int? Padding);
