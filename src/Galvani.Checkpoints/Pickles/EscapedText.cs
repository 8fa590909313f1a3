using System.Globalization;
using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>The text operands of protocol 0.</summary>
internal static class EscapedText
{
    /// <summary>Python's <c>raw-unicode-escape</c>: Latin-1 with <c>\\uXXXX</c> and <c>\\UXXXXXXXX</c>; null where an escape is broken.</summary>
    public static string? DecodeRawUnicode(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line);
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var digits = text[i] == '\\' && i + 1 < text.Length ? text[i + 1] switch { 'u' => 4, 'U' => 8, _ => 0 } : 0;
            if (digits == 0)
            {
                result.Append(text[i]);
                continue;
            }

            if (i + 2 + digits > text.Length || !uint.TryParse(text.AsSpan(i + 2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code > 0x10FFFF)
                return null;
            if (code < 0x10000)
                result.Append((char)code);
            else
                result.Append(char.ConvertFromUtf32((int)code));
            i += 1 + digits;
        }

        return result.ToString();
    }

    /// <summary>A quoted string without escapes; null for any other.</summary>
    public static string? Unquote(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line).Trim();
        return text.Length < 2 || text[0] != text[^1] || text[0] is not ('\'' or '"') || text.Contains('\\') ? null : text[1..^1];
    }
}
