namespace Galvani.Text.SentencePiece;

/// <summary>The char model: every character (or user-defined symbol) is a segment.</summary>
internal sealed class CharEncoder(PieceTrie trie, PieceTrie? userDefined, int unknownId) : PartwiseEncoder(trie)
{
    /// <inheritdoc/>
    public override void Encode(SentencePieceWorkspace workspace, int byteCount)
    {
        var text = workspace.Normalized.Text[..byteCount];
        var segments = workspace.Segments;
        workspace.Characters.Read(text, Trie.Codes);
        var starts = workspace.Characters.Starts;
        segments.Clear(byteCount);
        for (var start = 0; start < starts.Length - 1;)
        {
            var end = SymbolEnd(userDefined, text, starts, start, out _);
            var id = Trie.Find(text[starts[start]..starts[end]]);
            segments.Add(id < 0 ? unknownId : id, starts[end]);
            start = end;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A symbol is told from the characters that it begins with, as many as the longest piece has; one character stays.</remarks>
    protected override int EncodePart(SentencePieceWorkspace workspace)
    {
        var text = workspace.Normalized.Text;
        var starts = workspace.Characters.Starts;
        var (cut, open) = (0, Math.Max(1, LongestPiece));
        while (cut + open < workspace.Characters.Count)
            cut = SymbolEnd(userDefined, text, starts, cut, out _);
        return EncodeFirst(workspace, cut);
    }

    /// <summary>The character at which the user-defined symbol, or else the one character, at <paramref name="start"/> ends.</summary>
    public static int SymbolEnd(PieceTrie? userDefined, ReadOnlySpan<byte> text, ReadOnlySpan<int> starts, int start, out bool isUserDefined)
    {
        var length = userDefined?.LongestMatch(text[starts[start]..]) ?? 0;
        isUserDefined = length > 0;
        var end = start + 1;
        while (starts[end] < starts[start] + length)
            end++;
        return end;
    }
}

/// <summary>The word model: a segment starts at each U+2581.</summary>
internal sealed class WordEncoder(PieceTrie trie, int unknownId) : PieceEncoder(trie)
{
    /// <inheritdoc/>
    public override void Encode(SentencePieceWorkspace workspace, int byteCount)
    {
        var text = workspace.Normalized.Text[..byteCount];
        var segments = workspace.Segments;
        segments.Clear(byteCount);
        for (var start = 0; start < text.Length;)
        {
            var end = WordScanner.EndOfWord(text, start);
            var id = Trie.Find(text[start..end]);
            segments.Add(id < 0 ? unknownId : id, end);
            start = end;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A word with more characters than any piece is unknown before its end is seen: it is handed on in parts.</remarks>
    public override void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
    {
        window.Move(0);
        for (var isOpen = false; ;) // whether the beginning of a word was handed on, and the window begins in its midst
        {
            var (count, isLast) = (window.Characters.Count, window.IsLast);
            var starts = window.Characters.Starts;
            var start = 0;
            while (start < count && EndOfWord(workspace, start + (isOpen ? 0 : 1)) is var end && (end < count || isLast))
            {
                var id = isOpen ? -1 : Trie.Find(TextOf(workspace, start, end));
                if (!joiner.Add(id < 0 ? unknownId : id, starts[start], starts[end]))
                    return;
                (start, isOpen) = (end, false);
            }

            if (isLast)
                return;
            if (isOpen || count - start > LongestPiece)
            {
                if (!joiner.AddPart(starts[start], starts[count - 1]))
                    return;
                (start, isOpen) = (count - 1, true);
            }

            window.Move(start);
        }
    }

    /// <summary>The first character from a place on that begins a word; the number of characters where none does.</summary>
    private static int EndOfWord(SentencePieceWorkspace workspace, int from)
    {
        var characters = workspace.Characters;
        var text = workspace.Normalized.Text;
        var end = from;
        while (end < characters.Count && !text[characters.Starts[end]..].StartsWith("▁"u8))
            end++;
        return end;
    }

    private static ReadOnlySpan<byte> TextOf(SentencePieceWorkspace workspace, int start, int end)
    {
        var starts = workspace.Characters.Starts;
        return workspace.Normalized.Text[starts[start]..starts[end]];
    }
}
