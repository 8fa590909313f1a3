namespace Galvani.Models;

/// <summary>The target tokens that mean something to a decoder.</summary>
/// <param name="Start">What a sequence begins with.</param>
/// <param name="Padding">The token that a whole-sequence pass does not attend to (<c>&lt;blank&gt;</c>).</param>
/// <param name="Unknown">What stands for tokens outside the vocabulary.</param>
internal readonly record struct TokenIds(int Start, int Padding, int Unknown);
