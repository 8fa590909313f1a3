using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// The words of a normalised text, one after the other: each begins with U+2581, but perhaps the first. Some are found ahead, and what is remembered of them is fetched meanwhile: by the time they are looked up, it has come
/// out of the outer caches, where the vectors of other lines have pushed it.
/// </summary>
internal ref struct WordScanner
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly WordCache _cache;
    private FoundWords _found;
    private int _foundCount;
    private int _next;

    /// <summary>A scanner in front of the first word.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cache">What is remembered of words.</param>
    public WordScanner(ReadOnlySpan<byte> text, WordCache cache)
    {
        _text = text;
        _cache = cache;
    }

    /// <summary>Where the word begins in the text, in bytes.</summary>
    public int Start { get; private set; }

    /// <summary>The word.</summary>
    public readonly ReadOnlySpan<byte> Word => _text[Start.._found[_next - 1].End];

    /// <summary>Its <see cref="WordCache.HashOf"/>.</summary>
    public readonly ulong Hash => _found[_next - 1].Hash;

    /// <summary>Goes to the next word; false at the end of the text.</summary>
    public bool MoveNext()
    {
        Start = _next == 0 ? 0 : _found[_next - 1].End;
        if (_next == _foundCount)
            FindMore();
        return _next++ < _foundCount;
    }

    /// <summary>Where a word ends: in front of the next U+2581, or at the end of the text.</summary>
    public static int EndOfWord(ReadOnlySpan<byte> text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            var length = text[at..].IndexOf((byte)0xE2); // its first byte
            if (length < 0)
                break;
            at += length;
            if (text[at..].StartsWith("▁"u8))
                return at;
        }

        return text.Length;
    }

    private void FindMore()
    {
        (_next, _foundCount) = (0, 0);
        for (var start = Start; start < _text.Length && _foundCount < FoundWords.Count; _foundCount++)
        {
            var end = EndOfWord(_text, start);
            var hash = WordCache.HashOf(_text[start..end]);
            _cache.Fetch(hash);
            _found[_foundCount] = (end, hash);
            start = end;
        }
    }

    [InlineArray(Count)]
    private struct FoundWords
    {
        public const int Count = 16;
        private (int End, ulong Hash) _first;
    }
}
