using System.Buffers.Binary;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// Remembers how words were cut: a table with one place a hash value, the newest word wins. Exact, since only texts are
/// kept that are cut independently of their neighbours. Its memory is taken when the first words have been seen.
/// </summary>
internal sealed class WordCache
{
    private const int PlaceCount = 1 << 12;
    private const int LargestWordBytes = 48;
    private const int LargestSegmentCount = 14;
    private const int WarmUp = 64;

    // A place of _segments: the number of segments, the length in bytes, then (id, end in characters) pairs.
    private const int PlaceInts = 2 + (2 * LargestSegmentCount);

    private byte[] _texts = [];
    private int[] _segments = [];
    private object? _owner;
    private int _misses;

    /// <summary>Forgets everything unless it was learnt with the same owner.</summary>
    public void UseFor(object owner)
    {
        if (ReferenceEquals(_owner, owner))
            return;
        _owner = owner;
        _misses = 0;
        Array.Clear(_segments);
    }

    /// <summary>Adds the segments of a word to <paramref name="segments"/>, their ends moved by <paramref name="start"/>; false when it is not known.</summary>
    public bool TryAppend(ReadOnlySpan<byte> word, int start, Segmentation segments)
    {
        if (_segments.Length == 0 || word.Length > LargestWordBytes)
            return false;
        var place = PlaceOf(word);
        var entry = _segments.AsSpan(place * PlaceInts, PlaceInts);
        if (entry[1] != word.Length || !_texts.AsSpan(place * LargestWordBytes, word.Length).SequenceEqual(word))
            return false;
        var pairs = entry.Slice(2, 2 * entry[0]);
        for (var i = 0; i + 1 < pairs.Length; i += 2)
            segments.Add(pairs[i], start + pairs[i + 1]);
        return true;
    }

    /// <summary>Keeps a word's segments: those of <paramref name="segments"/> from <paramref name="first"/> on.</summary>
    public void Add(ReadOnlySpan<byte> word, int start, Segmentation segments, int first)
    {
        var count = segments.Count - first;
        if (word.Length > LargestWordBytes || count > LargestSegmentCount || ++_misses < WarmUp)
            return;
        if (_segments.Length == 0)
        {
            _segments = new int[PlaceCount * PlaceInts];
            _texts = new byte[PlaceCount * LargestWordBytes];
        }

        var place = PlaceOf(word);
        var entry = _segments.AsSpan(place * PlaceInts, PlaceInts);
        (entry[0], entry[1]) = (count, word.Length);
        for (var i = 0; i < count; i++)
        {
            entry[2 + (2 * i)] = segments.Ids[first + i];
            entry[3 + (2 * i)] = segments.Ends[first + i] - start;
        }

        word.CopyTo(_texts.AsSpan(place * LargestWordBytes));
    }

    private static int PlaceOf(ReadOnlySpan<byte> word)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)word.Length;
        for (; word.Length >= sizeof(ulong); word = word[sizeof(ulong)..])
            hash = ulong.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(word)) * Multiplier, 29);
        foreach (var value in word)
            hash = (hash ^ value) * Multiplier;
        return (int)((hash ^ (hash >> 29)) * Multiplier >> 52);
    }
}
