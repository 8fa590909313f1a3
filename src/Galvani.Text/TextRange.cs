namespace Galvani.Text;

/// <summary>A half-open range of bytes of UTF-8 text: <c>[Start, End)</c>.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">The byte after the last; equal to <paramref name="Start"/> for a piece with no text of its own.</param>
public readonly record struct TextRange(int Start, int End);
