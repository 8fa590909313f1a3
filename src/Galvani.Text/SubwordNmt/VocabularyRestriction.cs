namespace Galvani.Text.SubwordNmt;

/// <summary>
/// Undoes merges that make pieces outside a vocabulary, until all are inside or cannot be split: so that rare pieces, which
/// the model has hardly seen, are not produced. The vocabulary holds pieces as texts show them, with the separator.
/// </summary>
internal sealed class VocabularyRestriction(MergeCodes codes, HashSet<string> vocabulary, string separator)
{
    /// <summary>Adds a piece of a word, or the parts that it is split into.</summary>
    /// <param name="piece">The piece, without the separator.</param>
    /// <param name="isFinal">Whether it ends its word.</param>
    /// <param name="result">Gets what becomes of it.</param>
    public void Split(string piece, bool isFinal, List<string> result)
    {
        // The part to look at next is on top; merges can be nested too deeply for recursion.
        var parts = new Stack<(string Text, bool IsFinal)>();
        parts.Push((piece, isFinal));
        while (parts.TryPop(out var part))
        {
            if (vocabulary.Contains(part.IsFinal ? part.Text : part.Text + separator)
                || !codes.TryGetSplit(part.IsFinal ? part.Text + MergeCodes.EndOfWord : part.Text, out var sides))
            {
                result.Add(part.Text);
                continue;
            }

            var right = part.IsFinal ? sides.Right[..Math.Max(0, sides.Right.Length - MergeCodes.EndOfWord.Length)] : sides.Right;
            parts.Push((right, part.IsFinal));
            parts.Push((sides.Left, IsFinal: false));
        }
    }
}
