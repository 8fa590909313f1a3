namespace Galvani.Text;

/// <summary>Words so long, under pieces made for it, that nothing is sure of them before their end.</summary>
internal static class UndecidedWords
{
    /// <summary>The error that says so.</summary>
    /// <param name="byteCount">The bytes of which nothing is sure.</param>
    /// <param name="largestByteCount">How many there may be.</param>
    public static ArgumentException Error(int byteCount, int largestByteCount) => new(
        $"Of {byteCount} bytes of a word it is open where they are cut while its end is not seen, expected at most {largestByteCount} under a tokenizer's pieces: put spaces into the word, or use another tokenizer.");
}
