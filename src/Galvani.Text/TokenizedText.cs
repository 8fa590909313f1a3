namespace Galvani.Text;

/// <summary>One text cut into pieces. The lists are parallel: one entry a piece, in text order. Immutable.</summary>
public sealed class TokenizedText
{
    internal TokenizedText(string[] pieces, int[] ids, TextRange[] offsets) => (Pieces, Ids, Offsets) = (pieces, ids, offsets);

    /// <summary>The pieces. A run of text unknown to the tokenizer is one entry and shows that text as it was normalised.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <summary>The tokenizer's own ids of the pieces; empty for a tokenizer that has none (subword-nmt).</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>
    /// Where each piece comes from, as byte ranges of the UTF-8 input before normalisation. Several pieces of one
    /// character that normalisation took apart carry empty ranges, but for the last; so do the bytes of byte fallback.
    /// </summary>
    public IReadOnlyList<TextRange> Offsets { get; }
}
