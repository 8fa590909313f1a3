using System.Buffers.Binary;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// Remembers how words were cut: a table with two places a hash value, for the last two words that came new. Exact, since only texts are
/// kept that are cut independently of their neighbours. Its memory is taken when the first words have been seen, and grows with their number.
/// </summary>
internal sealed class WordCache
{
    private const int FirstPlaceCountBits = 10;
    private const int GrowthBits = 2;
    private const int LargestPlaceCountBits = FirstPlaceCountBits + 2 * GrowthBits;
    private const int LargestSegmentCount = 14;
    private const int LargestWordBytes = PlaceBytes - LargestSegmentCount;
    private const int WarmUp = 64;

    // A place is a cache line of each array. Numbers: the length in bytes (0: empty), the number of segments, their ids.
    // Bytes: the characters at which the segments end, counted from the word's start, and the text.
    private const int PlaceNumbers = 2 + LargestSegmentCount;
    private const int PlaceBytes = 64;

    private int[] _numbers = [];
    private byte[] _bytes = [];
    private int _placeCountBits;
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
        var numbers = NumbersOf(place);
        var bytes = BytesOf(place);
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
        if (_numbers.Length == 0 || (_misses > 1 << _placeCountBits && _placeCountBits < LargestPlaceCountBits))
            Grow();
        var place = MakeRoom(word);
        var numbers = NumbersOf(place);
        var bytes = BytesOf(place);
        (numbers[0], numbers[1]) = (word.Length, count);
        segments.Ids[first..].CopyTo(numbers[2..]);
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)(segments.Ends[first + i] - start);
        word.CopyTo(bytes[LargestSegmentCount..]);
    }

    private void Grow()
    {
        var (oldNumbers, oldBytes) = (_numbers, _bytes);
        _placeCountBits = oldNumbers.Length == 0 ? FirstPlaceCountBits : _placeCountBits + GrowthBits;
        _numbers = new int[PlaceNumbers << _placeCountBits];
        _bytes = new byte[PlaceBytes << _placeCountBits];
        for (var place = oldNumbers.Length / PlaceNumbers - 1; place >= 0; place--) // of two the older one first
        {
            var numbers = oldNumbers.AsSpan(place * PlaceNumbers, PlaceNumbers);
            var bytes = oldBytes.AsSpan(place * PlaceBytes, PlaceBytes);
            if (numbers[0] == 0)
                continue;
            var room = MakeRoom(bytes.Slice(LargestSegmentCount, numbers[0]));
            numbers.CopyTo(NumbersOf(room));
            bytes.CopyTo(BytesOf(room));
        }
    }

    /// <summary>A word's first place, whose content goes to the second.</summary>
    private int MakeRoom(ReadOnlySpan<byte> word)
    {
        var place = PlaceOf(word);
        NumbersOf(place).CopyTo(NumbersOf(place + 1));
        BytesOf(place).CopyTo(BytesOf(place + 1));
        return place;
    }

    private Span<int> NumbersOf(int place) => _numbers.AsSpan(place * PlaceNumbers, PlaceNumbers);

    private Span<byte> BytesOf(int place) => _bytes.AsSpan(place * PlaceBytes, PlaceBytes);

    private bool Holds(int place, ReadOnlySpan<byte> word) =>
        _numbers[place * PlaceNumbers] == word.Length && BytesOf(place).Slice(LargestSegmentCount, word.Length).SequenceEqual(word);

    /// <summary>The first of a word's two places, an even number.</summary>
    private int PlaceOf(ReadOnlySpan<byte> word)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)word.Length;
        var rest = word;
        for (; rest.Length > sizeof(ulong); rest = rest[sizeof(ulong)..])
            hash = ulong.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest)) * Multiplier, 29);
        hash = (hash ^ LastBytes(word)) * Multiplier;
        return (int)((hash ^ (hash >> 29)) * Multiplier >> (64 - _placeCountBits)) & ~1;
    }

    /// <summary>The last eight bytes, or all bytes of a shorter word, some of them twice.</summary>
    private static ulong LastBytes(ReadOnlySpan<byte> word) => word.Length switch
    {
        >= sizeof(ulong) => BinaryPrimitives.ReadUInt64LittleEndian(word[^sizeof(ulong)..]),
        >= sizeof(uint) => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(word) << 32 | BinaryPrimitives.ReadUInt32LittleEndian(word[^sizeof(uint)..]),
        > 0 => (uint)(word[0] << 16 | word[word.Length / 2] << 8 | word[^1]),
        _ => 0,
    };
}
