namespace Galvani.Text.SentencePiece;

/// <summary>Cuts normalised text into segments. Immutable.</summary>
/// <param name="trie">All pieces that text can become, unused ones too.</param>
internal abstract class PieceEncoder(PieceTrie trie)
{
    private int _longestPiece;

    /// <summary>All pieces that text can become, unused ones too.</summary>
    protected PieceTrie Trie { get; } = trie;

    /// <summary>The most characters of a piece.</summary>
    public int LongestPiece => _longestPiece > 0 ? _longestPiece : _longestPiece = Trie.Depth();

    /// <summary>Fills <see cref="SentencePieceWorkspace.Segments"/>, in text order. Of the characters of the workspace, those of these bytes stay.</summary>
    /// <param name="workspace">Holds the text.</param>
    /// <param name="byteCount">How much of the text is cut: at least one character.</param>
    public abstract void Encode(SentencePieceWorkspace workspace, int byteCount);

    /// <summary>Cuts a long text in memory that does not grow with it.</summary>
    /// <param name="window">At the beginning of the text.</param>
    /// <param name="workspace">Scratch memory, that of the window.</param>
    /// <param name="joiner">Takes the segments.</param>
    /// <exception cref="ArgumentException">Too much of the text has no segment that is sure.</exception>
    public abstract void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner);
}
