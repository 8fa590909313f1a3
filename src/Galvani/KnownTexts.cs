using System.Buffers.Binary;

namespace Galvani;

/// <summary>The ids of short texts that were looked up lately: in text of a script that a tokenizer does not know, the same few come again and again.</summary>
internal sealed class KnownTexts
{
    private const int PlaceBits = 6;
    private const int LongestText = 32;

    private readonly byte[] texts = new byte[LongestText << PlaceBits];
    private readonly (int Length, int Id)[] places = new (int, int)[1 << PlaceBits]; // length 0: empty

    /// <summary>The id of a text that is still known; false where it is not.</summary>
    public bool TryGetId(ReadOnlySpan<byte> text, out int id)
    {
        var place = PlaceOf(text);
        (var length, id) = places[place];
        return length > 0 && text.SequenceEqual(texts.AsSpan(place * LongestText, length));
    }

    /// <summary>Keeps the id of a text, in place of another one's; long texts are not kept.</summary>
    public void Keep(ReadOnlySpan<byte> text, int id)
    {
        if (text.Length is 0 or > LongestText)
            return;
        var place = PlaceOf(text);
        text.CopyTo(texts.AsSpan(place * LongestText, LongestText));
        places[place] = (text.Length, id);
    }

    private static int PlaceOf(ReadOnlySpan<byte> text)
    {
        const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)text.Length;
        var rest = text;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(rest)) * Multiplier;
        foreach (var value in rest)
            hash = (hash << 8) + (hash >> 56) + value;
        return (int)(hash * Multiplier >> (64 - PlaceBits));
    }
}
