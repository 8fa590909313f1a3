using System.Globalization;
using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>Text from a file made safe to print: quoted, on one line, without control characters.</summary>
internal static class PickleText
{
    /// <summary>Longest text shown, in characters; the rest is counted.</summary>
    public const int LongestShown = 1000;

    /// <summary>The text as Python's <c>repr</c> writes it, cut after <see cref="LongestShown"/> characters.</summary>
    public static string Quote(ReadOnlySpan<char> text)
    {
        var shown = text[..Math.Min(text.Length, LongestShown)];
        var builder = new StringBuilder(shown.Length + 2).Append('\'');
        AppendEscaped(builder, shown);
        builder.Append('\'');
        return AppendRest(builder, text.Length - shown.Length, "characters");
    }

    /// <summary>Bytes as Python's <c>repr</c> writes them, cut after <see cref="LongestShown"/> bytes.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        var shown = bytes[..Math.Min(bytes.Length, LongestShown)];
        var builder = new StringBuilder(shown.Length + 3).Append("b'");
        foreach (var value in shown)
        {
            if (value is >= 0x20 and < 0x7F and not (byte)'\'' and not (byte)'\\')
                builder.Append((char)value);
            else
                builder.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }

        builder.Append('\'');
        return AppendRest(builder, bytes.Length - shown.Length, "bytes");
    }

    /// <summary>The text with everything unprintable as an escape, without quotes.</summary>
    public static string Escape(ReadOnlySpan<char> text)
    {
        var shown = text[..Math.Min(text.Length, LongestShown)];
        var builder = new StringBuilder(shown.Length);
        AppendEscaped(builder, shown);
        return AppendRest(builder, text.Length - shown.Length, "characters");
    }

    /// <summary>A message that may hold parts of a file, on one line and of bounded length.</summary>
    public static string OneLine(string message)
    {
        const int Longest = 4000;
        if (message.Length <= Longest && message.AsSpan().IndexOfAnyInRange('\0', '\x1F') < 0)
            return message;
        var builder = new StringBuilder(Longest);
        foreach (var character in message.AsSpan(0, Math.Min(message.Length, Longest)))
        {
            if (char.IsControl(character))
                builder.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}");
            else
                builder.Append(character);
        }

        return AppendRest(builder, message.Length - Longest, "characters");
    }

    private static void AppendEscaped(StringBuilder builder, ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var consumed) != System.Buffers.OperationStatus.Done)
                builder.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[0]:x4}");
            else if (rune.Value is '\'' or '\\')
                builder.Append('\\').Append((char)rune.Value);
            else if (IsPrintable(rune))
                builder.Append(text[..consumed]);
            else
                builder.Append(rune.Value switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    <= 0xFF => string.Create(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                    <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                    _ => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
                });
            text = text[Math.Max(consumed, 1)..];
        }
    }

    /// <summary>As Python has it: everything but controls, format characters, surrogates, private and unassigned ones, and separators but the space.</summary>
    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static string AppendRest(StringBuilder builder, int rest, string unit) =>
        (rest > 0 ? builder.Append(CultureInfo.InvariantCulture, $"… and {rest} more {unit}") : builder).ToString();
}
