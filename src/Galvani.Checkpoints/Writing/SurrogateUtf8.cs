using System.Text;

namespace Galvani.Checkpoints.Writing;

/// <summary>UTF-8 as Python's pickle writes it: lone surrogates pass (the error handler <c>surrogatepass</c>).</summary>
internal static class SurrogateUtf8
{
    /// <summary>The bytes of a text.</summary>
    public static byte[] GetBytes(string text)
    {
        var bytes = new List<byte>(text.Length + 8);
        Span<byte> buffer = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                bytes.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
                i += rune.Utf16SequenceLength - 1;
                continue;
            }

            var code = text[i];
            bytes.AddRange([(byte)(0xE0 | code >> 12), (byte)(0x80 | code >> 6 & 0x3F), (byte)(0x80 | code & 0x3F)]);
        }

        return [.. bytes];
    }
}
