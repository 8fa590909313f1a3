using System.Buffers;
using System.Text;

namespace Galvani.Text.SubwordNmt;

/// <summary>Characters of text that may be broken: each byte that is no UTF-8 is one U+FFFD.</summary>
internal static class LenientUtf8
{
    /// <summary>The first character of a text that is not empty.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="length">Gets the number of bytes that it takes.</param>
    public static Rune First(ReadOnlySpan<byte> utf8, out int length)
    {
        if (Rune.DecodeFromUtf8(utf8, out var character, out length) != OperationStatus.Done)
            length = 1;
        return character;
    }

    /// <summary>The last character of a text that is not empty.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="length">Gets the number of bytes that it takes.</param>
    public static Rune Last(ReadOnlySpan<byte> utf8, out int length)
    {
        if (Rune.DecodeLastFromUtf8(utf8, out var character, out length) != OperationStatus.Done)
            length = 1;
        return character;
    }

    /// <summary>Where a text may be cut at a place or shortly in front of it, so that all its characters stay what they are.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="end">The place, at least 4 and in front of the text's end.</param>
    public static int Boundary(ReadOnlySpan<byte> utf8, int end)
    {
        for (var start = end; start > end - 4; start--)
        {
            if ((utf8[start] & 0xC0) != 0x80)
                return start;
        }

        return end; // more bytes that continue a character than any has: none goes on across the place
    }

    /// <summary>Writes a text with U+FFFD in the places of broken bytes.</summary>
    public static void Write(ReadOnlySpan<byte> utf8, IBufferWriter<byte> writer)
    {
        for (var rest = utf8; !rest.IsEmpty;)
        {
            var character = First(rest, out var length);
            writer.Advance(character.EncodeToUtf8(writer.GetSpan(4)));
            rest = rest[length..];
        }
    }
}
