using System.Buffers.Binary;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// Remembers how words were cut: a table with two places a hash value, for the last two words that came new. Exact, since only texts are
/// kept that are cut independently of their neighbours. Its memory is taken when the first words have been seen.
/// </summary>
internal sealed class WordCache
{
    private const int PlaceCountBits = 14;
    private const int LargestSegmentCount = 14;
    private const int LargestWordBytes = PlaceBytes - LargestSegmentCount;
    private const int WarmUp = 64;

    // A place is a cache line of each array. Numbers: the length in bytes (0: empty), the number of segments, their ids.
    // Bytes: the characters at which the segments end, counted from the word's start, and the text.
    private const int PlaceNumbers = 2 + LargestSegmentCount;
    private const int PlaceBytes = 64;

    private int[] _numbers = [];
    private byte[] _bytes = [];
    private object? _owner;
    private int _misses;

    /// <summary>Forgets everything unless it was learnt with the same owner.</summary>
    public void UseFor(object owner)
    {
        if (ReferenceEquals(_owner, owner))
            return;
        _owner = owner;
        _misses = 0;
        Array.Clear(_numbers);
    }

    /// <summary>Adds the segments of a word to <paramref name="segments"/>, their ends moved by <paramref name="start"/>; false when it is not known.</summary>
    public bool TryAppend(ReadOnlySpan<byte> word, int start, Segmentation segments)
    {
        if (_numbers.Length == 0 || word.Length > LargestWordBytes)
            return false;
        var place = PlaceOf(word);
        if (!Holds(place, word) && !Holds(++place, word))
            return false;
        var numbers = _numbers.AsSpan(place * PlaceNumbers, PlaceNumbers);
        var bytes = _bytes.AsSpan(place * PlaceBytes, PlaceBytes);
        var ids = numbers.Slice(2, numbers[1]);
        for (var i = 0; i < ids.Length; i++)
            segments.Add(ids[i], start + bytes[i]);
        return true;
    }

    /// <summary>Keeps a word's segments: those of <paramref name="segments"/> from <paramref name="first"/> on.</summary>
    public void Add(ReadOnlySpan<byte> word, int start, Segmentation segments, int first)
    {
        var count = segments.Count - first;
        if (word.Length > LargestWordBytes || count > LargestSegmentCount || ++_misses < WarmUp)
            return;
        if (_numbers.Length == 0)
        {
            _numbers = new int[PlaceNumbers << PlaceCountBits];
            _bytes = new byte[PlaceBytes << PlaceCountBits];
        }

        var place = PlaceOf(word);
        var numbers = _numbers.AsSpan(place * PlaceNumbers, PlaceNumbers);
        var bytes = _bytes.AsSpan(place * PlaceBytes, PlaceBytes);
        numbers.CopyTo(_numbers.AsSpan((place + 1) * PlaceNumbers));
        bytes.CopyTo(_bytes.AsSpan((place + 1) * PlaceBytes));
        (numbers[0], numbers[1]) = (word.Length, count);
        segments.Ids[first..].CopyTo(numbers[2..]);
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)(segments.Ends[first + i] - start);
        word.CopyTo(bytes[LargestSegmentCount..]);
    }

    private bool Holds(int place, ReadOnlySpan<byte> word) =>
        _numbers[place * PlaceNumbers] == word.Length && _bytes.AsSpan(place * PlaceBytes + LargestSegmentCount, word.Length).SequenceEqual(word);

    /// <summary>The first of a word's two places, an even number.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> word)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)word.Length;
        for (; word.Length >= sizeof(ulong); word = word[sizeof(ulong)..])
            hash = ulong.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(word)) * Multiplier, 29);
        foreach (var value in word)
            hash = (hash ^ value) * Multiplier;
        return (int)((hash ^ (hash >> 29)) * Multiplier >> (64 - PlaceCountBits)) & ~1;
    }
}
