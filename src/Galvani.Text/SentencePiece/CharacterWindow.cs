namespace Galvani.Text.SentencePiece;

/// <summary>A part of a long text, normalised, that moves over it from its beginning to its end. Uses the text and the characters of a workspace.</summary>
internal ref struct CharacterWindow
{
    private readonly SentencePieceWorkspace _workspace;
    private readonly Normalizer _normalizer;
    private readonly ReadOnlySpan<byte> _input;
    private readonly CodePointTable _codes;
    private Normalizer.Progress _progress;

    /// <summary>A window at the beginning of a text; empty until it moves.</summary>
    /// <param name="normalizer">Normalises the text.</param>
    /// <param name="input">The text.</param>
    /// <param name="codes">The codes of characters.</param>
    /// <param name="workspace">Holds what is in the window.</param>
    /// <param name="blockBytes">How many bytes of the text are read at once, at least.</param>
    public CharacterWindow(Normalizer normalizer, ReadOnlySpan<byte> input, CodePointTable codes, SentencePieceWorkspace workspace, int blockBytes)
    {
        (_normalizer, _codes, _workspace, BlockBytes) = (normalizer, codes, workspace, blockBytes);
        _input = input;
        Normalized.Length = 0;
        Characters.Read([], codes);
    }

    /// <summary>How many bytes of the text are read at once.</summary>
    public int BlockBytes { get; }

    /// <summary>The text in the window.</summary>
    public readonly NormalizedText Normalized => _workspace.Normalized;

    /// <summary>The text in the window as characters.</summary>
    public readonly CharacterSequence Characters => _workspace.Characters;

    /// <summary>Whether the window reaches to the end of the text.</summary>
    public readonly bool IsLast => _progress.IsComplete;

    /// <summary>A window at the beginning of the same text.</summary>
    /// <param name="workspace">Holds what is in that window.</param>
    public readonly CharacterWindow Restart(SentencePieceWorkspace workspace) => new(_normalizer, _input, _codes, workspace, BlockBytes);

    /// <summary>Drops characters at the front and reads on; where none are dropped, so much that the window doubles. At least one stays, so that white space at the end of the text is told from white space between words.</summary>
    /// <param name="characterCount">How many characters are dropped.</param>
    public void Move(int characterCount)
    {
        Normalized.Drop(Characters.Starts[characterCount]);
        _normalizer.NormalizeBlock(_input, characterCount > 0 ? BlockBytes : Math.Max(BlockBytes, Normalized.Length), Normalized, ref _progress);
        Characters.Read(Normalized.Text, _codes);
    }

    /// <summary>Drops characters at the front without reading on; at least one stays, but at the end of the text.</summary>
    /// <param name="characterCount">How many characters are dropped.</param>
    public readonly void Drop(int characterCount)
    {
        Normalized.Drop(Characters.Starts[characterCount]);
        Characters.Read(Normalized.Text, _codes);
    }
}
