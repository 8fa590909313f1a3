namespace Galvani.Text.SentencePiece;

/// <summary>The char model: every character (or user-defined symbol) is a segment.</summary>
internal sealed class CharEncoder(PieceTrie trie, PieceTrie? userDefined, int unknownId) : PieceEncoder(trie)
{
    /// <inheritdoc/>
    public override void Encode(SentencePieceWorkspace workspace)
    {
        var characters = workspace.Characters;
        var segments = workspace.Segments;
        var text = workspace.Normalized.Text;
        segments.Clear(characters.Count);
        for (var start = 0; start < characters.Count;)
        {
            var end = SymbolEnd(userDefined, text, characters.Starts, start, out _);
            var id = Trie.Find(text[characters.Starts[start]..characters.Starts[end]]);
            segments.Add(id < 0 ? unknownId : id, end);
            start = end;
        }
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
    public override void Encode(SentencePieceWorkspace workspace)
    {
        var characters = workspace.Characters;
        var segments = workspace.Segments;
        var text = workspace.Normalized.Text;
        segments.Clear(characters.Count);
        for (var start = 0; start < characters.Count;)
        {
            var end = start + 1;
            while (end < characters.Count && !IsSpace(text[characters.Starts[end]..]))
                end++;
            var id = Trie.Find(text[characters.Starts[start]..characters.Starts[end]]);
            segments.Add(id < 0 ? unknownId : id, end);
            start = end;
        }
    }

    /// <inheritdoc/>
    protected override int EncodePart(SentencePieceWorkspace workspace)
    {
        var at = workspace.Normalized.Text.LastIndexOf("▁"u8);
        return EncodeFirst(workspace, at <= 0 ? 0 : workspace.Characters.Starts.BinarySearch(at));
    }

    private static bool IsSpace(ReadOnlySpan<byte> text) => text.StartsWith("▁"u8);
}
