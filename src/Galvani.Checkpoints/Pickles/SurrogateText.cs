using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>UTF-8 in which lone surrogates are encoded like other characters: what Python calls <c>surrogatepass</c>.</summary>
internal static class SurrogateText
{
    public static bool TryDecode(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var builder = new StringBuilder(utf8.Length);
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                builder.Append(rune.ToString());
                utf8 = utf8[consumed..];
            }
            else if (utf8.Length >= 3 && utf8[0] == 0xED && utf8[1] is >= 0xA0 and <= 0xBF && utf8[2] is >= 0x80 and <= 0xBF)
            {
                builder.Append((char)(0xD000 | (utf8[1] & 0x3F) << 6 | utf8[2] & 0x3F));
                utf8 = utf8[3..];
            }
            else
            {
                return false;
            }
        }

        text = builder.ToString();
        return true;
    }
}
