namespace Galvani.Text.SentencePiece;

/// <summary>The result of one normalisation: bytes, and on request where in the input each came from. Reused from text to text.</summary>
internal sealed class NormalizedText
{
    private const int LargestLength = 1 << 28;

    /// <summary>The text; only the first <see cref="Length"/> bytes count.</summary>
    public byte[] Bytes { get; private set; } = new byte[256];

    /// <summary>The number of bytes.</summary>
    public int Length { get; set; }

    /// <summary>For each byte the input position of what it was made of, and one more entry for the end; empty unless recorded.</summary>
    public int[] Origins { get; private set; } = [];

    /// <summary>Whether <see cref="Origins"/> is to be filled.</summary>
    public bool RecordsOrigins { get; set; }

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Text => Bytes.AsSpan(0, Length);

    /// <summary>Makes room for <paramref name="byteCount"/> more bytes.</summary>
    /// <exception cref="ArgumentException">The text is longer than 2^28 bytes.</exception>
    public void Reserve(long byteCount)
    {
        var needed = Length + byteCount;
        if (needed > LargestLength)
            throw new ArgumentException($"The text needs {needed} bytes when normalised, expected at most {LargestLength}: cut it into lines.");
        if (needed > Bytes.Length)
        {
            var larger = new byte[Math.Min(LargestLength, Math.Max(needed, 2L * Bytes.Length))];
            Text.CopyTo(larger);
            Bytes = larger;
        }

        if (RecordsOrigins && Origins.Length <= Bytes.Length)
        {
            var larger = new int[Bytes.Length + 1];
            Origins.CopyTo(larger, 0);
            Origins = larger;
        }
    }

    /// <summary>Takes another text, in place of what is in this one; no origins are recorded.</summary>
    public void Take(ReadOnlySpan<byte> text)
    {
        Length = 0;
        Reserve(text.Length);
        text.CopyTo(Bytes);
        Length = text.Length;
    }

    /// <summary>Drops the first bytes.</summary>
    public void Drop(int byteCount)
    {
        Bytes.AsSpan(byteCount, Length - byteCount).CopyTo(Bytes);
        Length -= byteCount;
        if (RecordsOrigins && Origins.Length > 0)
            Origins.AsSpan(byteCount, Length + 1).CopyTo(Origins);
    }

    /// <summary>Adds one byte that came from <paramref name="origin"/>; there is room.</summary>
    public void Append(byte value, int origin)
    {
        if (RecordsOrigins)
            Origins[Length] = origin;
        Bytes[Length++] = value;
    }

    /// <summary>Adds characters of one or two bytes that are their own normal forms, the first of them from <paramref name="origin"/>; there is room.</summary>
    public void AppendUnchanged(ReadOnlySpan<byte> text, int origin)
    {
        text.CopyTo(Bytes.AsSpan(Length));
        if (RecordsOrigins)
        {
            var origins = Origins.AsSpan(Length, text.Length);
            for (var i = 0; i < text.Length; i++)
                origins[i] = (text[i] & 0xC0) == 0x80 ? origin + i - 1 : origin + i;
        }

        Length += text.Length;
    }

    /// <summary>Adds bytes that all came from <paramref name="origin"/>; there is room.</summary>
    public void Append(ReadOnlySpan<byte> text, int origin)
    {
        foreach (var value in text)
            Append(value, origin);
    }

    /// <summary>Adds a replacement that came from <paramref name="origin"/>, each space in it as <paramref name="space"/>; there is room. Replacements may have many words.</summary>
    public void AppendReplacement(ReadOnlySpan<byte> replacement, ReadOnlySpan<byte> space, int origin)
    {
        var free = Bytes.AsSpan(Length);
        var count = 0;
        foreach (var value in replacement)
        {
            if (value != (byte)' ')
            {
                free[count++] = value;
                continue;
            }

            foreach (var part in space)
                free[count++] = part;
        }

        if (RecordsOrigins)
            Origins.AsSpan(Length, count).Fill(origin);
        Length += count;
    }
}
