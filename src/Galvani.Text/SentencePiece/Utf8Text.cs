using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

/// <summary>Decoding of UTF-8 that is known to be valid.</summary>
internal static class Utf8Text
{
    /// <summary>The code point at <paramref name="position"/>, which moves behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(ReadOnlySpan<byte> validUtf8, ref int position)
    {
        int first = validUtf8[position++];
        if (first < 0x80)
            return first;
        if (first < 0xE0)
            return ((first & 0x1F) << 6) | (validUtf8[position++] & 0x3F);
        if (first < 0xF0)
            return ((first & 0x0F) << 12) | ((validUtf8[position++] & 0x3F) << 6) | (validUtf8[position++] & 0x3F);
        return ((first & 0x07) << 18) | ((validUtf8[position++] & 0x3F) << 12) | ((validUtf8[position++] & 0x3F) << 6) | (validUtf8[position++] & 0x3F);
    }
}
