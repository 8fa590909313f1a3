using System.Text;

namespace Galvani.Cli.Output;

/// <summary>Text for a line of plain output: no line separator of any kind stays in it.</summary>
internal static class PlainText
{
    private static readonly System.Buffers.SearchValues<char> Separators = System.Buffers.SearchValues.Create("\n\r\u0085\u2028\u2029");
    private static readonly System.Buffers.SearchValues<byte> SeparatorBytes = System.Buffers.SearchValues.Create((byte[])[(byte)'\n', (byte)'\r', 0x85, 0xA8, 0xA9]); // the last bytes of the separators, and some others

    /// <summary>The text with every line separator replaced by a space.</summary>
    public static string OneLine(string text)
    {
        if (text.AsSpan().IndexOfAny(Separators) < 0)
            return text;
        return string.Create(text.Length, text, static (result, source) =>
        {
            for (var i = 0; i < result.Length; i++)
                result[i] = Separators.Contains(source[i]) ? ' ' : source[i];
        });
    }

    /// <summary>Writes text as UTF-8 with every line separator replaced by a space.</summary>
    /// <param name="utf8">Whole characters.</param>
    /// <param name="output">Takes the bytes.</param>
    public static void WriteOneLine(ReadOnlySpan<byte> utf8, Stream output)
    {
        if (utf8.IndexOfAny(SeparatorBytes) < 0)
            output.Write(utf8);
        else
            output.Write(Encoding.UTF8.GetBytes(OneLine(Encoding.UTF8.GetString(utf8))));
    }

    /// <summary>Text for a terminal: control characters shown as escapes, so that a file's content cannot steer the terminal.</summary>
    public static string Visible(string text)
    {
        if (!text.Any(NeedsEscape))
            return text;
        return string.Concat(text.Select(character => NeedsEscape(character) ? $"\\u{(int)character:x4}" : character.ToString()));
    }

    /// <summary>Text of at most so many characters, the rest replaced by an ellipsis.</summary>
    public static string Elide(string text, int length) => text.Length <= length ? text : text[..Math.Max(0, length - 1)] + "…";

    private static bool NeedsEscape(char character) => char.IsControl(character) || character is '\u2028' or '\u2029' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
