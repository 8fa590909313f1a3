using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Galvani.Kernels;

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
    private const int LargestSegmentCount = FirstSegmentCount + 8;
    private const int LargestWordBytes = 56;
    private const int WarmUp = 64;
    private const int LineBytes = 64;

    // A place is two cache lines, of which most words need the first only. Bytes: the length in bytes (0: empty), the number of segments, where the first segments end, counted from the word's
    // start; as numbers the ids of these; the text, which may go on in the second line; the ends and ids of further segments.
    private const int FirstSegmentCount = 6;
    private const int EndsAt = 2;
    private const int IdsAt = 8 / sizeof(int);
    private const int TextAt = 32;
    private const int FurtherEndsAt = TextAt + LargestWordBytes;
    private const int FurtherIdsAt = 96 / sizeof(int);
    private const int PlaceLength = 2 * LineBytes / sizeof(int);

    private int[] _table = []; // never moved, so that a place stays where lines begin
    private int _first; // where the first place begins
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
        Array.Clear(_table);
    }

    /// <summary>Fetches what is remembered of a word, if anything is, into the caches.</summary>
    /// <param name="hash">The word's <see cref="HashOf"/>.</param>
    public void Fetch(ulong hash)
    {
        if (_table.Length > 0)
            CacheAdvice.Fetch(in At(PlaceOf(hash))[0]);
    }

    /// <summary>Adds the segments of the word at hand to <paramref name="segments"/>; false when it is not known.</summary>
    public bool TryAppend(in WordScanner words, Segmentation segments)
    {
        var word = words.Word;
        if (_table.Length == 0 || word.Length > LargestWordBytes)
            return false;
        var start = words.Start;
        var place = PlaceOf(words.Hash);
        if (!Holds(place, word) && !Holds(++place, word))
            return false;
        var content = At(place);
        var bytes = MemoryMarshal.AsBytes(content);
        int count = bytes[1];
        for (var i = 0; i < Math.Min(count, FirstSegmentCount); i++)
            segments.Add(content[IdsAt + i], start + bytes[EndsAt + i]);
        for (var i = 0; i < count - FirstSegmentCount; i++)
            segments.Add(content[FurtherIdsAt + i], start + bytes[FurtherEndsAt + i]);
        return true;
    }

    /// <summary>Keeps the segments of the word at hand: those of <paramref name="segments"/> from <paramref name="first"/> on.</summary>
    public void Add(in WordScanner words, Segmentation segments, int first)
    {
        var word = words.Word;
        var count = segments.Count - first;
        if (word.Length > LargestWordBytes || count > LargestSegmentCount || ++_misses < WarmUp)
            return;
        if (_table.Length == 0 || (_misses > 1 << _placeCountBits && _placeCountBits < LargestPlaceCountBits))
            Grow();
        var content = At(MakeRoom(words.Hash));
        var bytes = MemoryMarshal.AsBytes(content);
        (bytes[0], bytes[1]) = ((byte)word.Length, (byte)count);
        for (var i = 0; i < count; i++)
        {
            var further = i - FirstSegmentCount;
            content[further < 0 ? IdsAt + i : FurtherIdsAt + further] = segments.Ids[first + i];
            bytes[further < 0 ? EndsAt + i : FurtherEndsAt + further] = (byte)(segments.Ends[first + i] - words.Start);
        }

        word.CopyTo(bytes[TextAt..]);
    }

    private void Grow()
    {
        var (old, count) = (_table, _table.Length == 0 ? 0 : 1 << _placeCountBits);
        var oldFirst = _first;
        _placeCountBits = count == 0 ? FirstPlaceCountBits : _placeCountBits + GrowthBits;
        _table = GC.AllocateArray<int>((PlaceLength << _placeCountBits) + LineBytes / sizeof(int), pinned: true);
        _first = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_table, 0) & (LineBytes - 1)) / sizeof(int);
        for (var place = count - 1; place >= 0; place--) // of two the older one first
        {
            var content = old.AsSpan(oldFirst + place * PlaceLength, PlaceLength);
            var word = TextOf(content);
            if (!word.IsEmpty)
                content.CopyTo(At(MakeRoom(HashOf(word))));
        }
    }

    /// <summary>A word's first place, whose content goes to the second.</summary>
    private int MakeRoom(ulong hash)
    {
        var place = PlaceOf(hash);
        At(place).CopyTo(At(place + 1));
        return place;
    }

    private Span<int> At(int place) => _table.AsSpan(_first + place * PlaceLength, PlaceLength);

    private static ReadOnlySpan<byte> TextOf(Span<int> content)
    {
        var bytes = MemoryMarshal.AsBytes(content);
        return bytes.Slice(TextAt, bytes[0]);
    }

    private bool Holds(int place, ReadOnlySpan<byte> word) => TextOf(At(place)).SequenceEqual(word);

    /// <summary>The first of a word's two places, an even number.</summary>
    private int PlaceOf(ulong hash) => (int)(hash >> (64 - _placeCountBits)) & ~1;

    /// <summary>A number that belongs to a word and to few others.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> word)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)word.Length;
        var rest = word;
        for (; rest.Length > sizeof(ulong); rest = rest[sizeof(ulong)..])
            hash = ulong.RotateLeft((hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest)) * Multiplier, 29);
        hash = (hash ^ LastBytes(word)) * Multiplier;
        return (hash ^ (hash >> 29)) * Multiplier;
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
