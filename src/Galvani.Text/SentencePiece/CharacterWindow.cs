namespace Galvani.Text.SentencePiece;

/// <summary>A part of a long text, normalised, that moves over it from its beginning to its end. Uses the text and the characters of a workspace.</summary>
internal ref struct CharacterWindow
{
    /// <summary>
    /// How many bytes may be without a segment that is sure: what the largest window takes, twice as much text, is some hundred megabytes. Pieces have at most 4096 bytes, and the sure ones end within few of them
    /// unless a model is made to prevent that.
    /// </summary>
    private const int LargestUndecidedBytes = 1 << 20;

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
    /// <param name="blockBytes">How many bytes of the text are read at once; less where they become more than twice as many.</param>
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

    /// <summary>A window at the same place of the same text.</summary>
    /// <param name="workspace">Holds what is in that window; without origins.</param>
    public readonly CharacterWindow Copy(SentencePieceWorkspace workspace)
    {
        var copy = Restart(workspace);
        copy._progress = _progress;
        copy.Normalized.Take(Normalized.Text);
        copy.Characters.Read(copy.Normalized.Text, _codes);
        return copy;
    }

    /// <summary>Drops characters at the front and reads on; where none are dropped, so much that the window doubles. At least one stays, so that white space at the end of the text is told from white space between words.</summary>
    /// <param name="characterCount">How many characters are dropped.</param>
    public void Move(int characterCount) => Move(characterCount, characterCount > 0 ? BlockBytes : Math.Max(BlockBytes, Normalized.Length));

    /// <summary>
    /// Drops the characters whose segments are sure and reads on: at least as much as stays undecided, so that nothing is looked at more than a few times however little becomes sure at once.
    /// </summary>
    /// <param name="characterCount">How many characters are dropped.</param>
    /// <exception cref="ArgumentException">More stays undecided than a window may hold.</exception>
    public void MoveBehind(int characterCount)
    {
        var undecidedBytes = Normalized.Length - Characters.Starts[characterCount];
        if (undecidedBytes > LargestUndecidedBytes)
            throw UndecidedWords.Error(undecidedBytes, LargestUndecidedBytes);
        Move(characterCount, Math.Max(BlockBytes, undecidedBytes));
    }

    /// <summary>Drops characters at the front without reading on; at least one stays, but at the end of the text.</summary>
    /// <param name="characterCount">How many characters are dropped.</param>
    public readonly void Drop(int characterCount)
    {
        Normalized.Drop(Characters.Starts[characterCount]);
        Characters.Read(Normalized.Text, _codes);
    }

    private void Move(int characterCount, int newBytes)
    {
        _workspace.CancellationToken.ThrowIfCancellationRequested();
        Normalized.Drop(Characters.Starts[characterCount]);
        _normalizer.NormalizeBlock(_input, newBytes, Normalized, ref _progress);
        Characters.Read(Normalized.Text, _codes);
    }
}
