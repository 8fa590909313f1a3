using System.Text;

namespace Galvani.Cli.Output;

/// <summary>Text in lines of a width, broken between words; by display width, so that wide characters fit.</summary>
internal static class TextWrap
{
    /// <summary>The width that people's views are made for.</summary>
    public const int ScreenColumns = 80;

    private const int NarrowestTerminal = 40;

    /// <summary>The width of the terminal that standard output is; null where it is none, or does not tell.</summary>
    public static int? TerminalColumns
    {
        get
        {
            if (Console.IsOutputRedirected)
                return null;
            try
            {
                return Console.WindowWidth > 0 ? Math.Max(NarrowestTerminal, Console.WindowWidth) : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>A text with its middle replaced by an ellipsis where it is wider than allowed.</summary>
    /// <param name="text">One line of text.</param>
    /// <param name="columns">The width, at least 3.</param>
    public static string Shorten(string text, int columns)
    {
        const string Ellipsis = "…";
        if (Width(text) <= columns)
            return text;
        var runes = text.EnumerateRunes().ToList();
        var (head, tail) = (new StringBuilder(), new StringBuilder());
        var (first, last, left) = (0, runes.Count - 1, columns - 1);
        for (var fromEnd = false; first <= last; fromEnd = !fromEnd)
        {
            var rune = runes[fromEnd ? last : first];
            left -= Width(rune);
            if (left < 0)
                break;
            if (fromEnd)
            {
                tail.Insert(0, rune.ToString());
                last--;
            }
            else
            {
                head.Append(rune.ToString());
                first++;
            }
        }

        return $"{head}{Ellipsis}{tail}";
    }

    /// <summary>The lines of a text; a word that is longer than a line is broken inside.</summary>
    /// <param name="text">One line of text.</param>
    /// <param name="columns">The width, at least 2.</param>
    public static IReadOnlyList<string> Lines(string text, int columns)
    {
        if (Width(text) <= columns)
            return [text];
        var lines = new List<string>();
        var line = new StringBuilder();
        var width = 0;
        foreach (var word in text.Split(' ').SelectMany(word => Parts(word, columns)))
        {
            var wordWidth = Width(word);
            if (line.Length > 0 && width + 1 + wordWidth > columns)
            {
                lines.Add(line.ToString());
                line.Clear();
                width = 0;
            }

            if (line.Length > 0)
            {
                line.Append(' ');
                width++;
            }

            line.Append(word);
            width += wordWidth;
        }

        lines.Add(line.ToString());
        return lines;
    }

    /// <summary>The columns a text takes on a terminal: combining marks none, East Asian wide characters two.</summary>
    public static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += Width(rune);
        return width;
    }

    private static int Width(Rune rune)
    {
        if (Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.EnclosingMark or System.Globalization.UnicodeCategory.Format)
            return 0;
        return rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F)
            or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) ? 2 : 1;
    }

    /// <summary>A word in parts that fit a line.</summary>
    private static IEnumerable<string> Parts(string word, int columns)
    {
        var part = new StringBuilder();
        var width = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            if (width + Width(rune) > columns)
            {
                yield return part.ToString();
                part.Clear();
                width = 0;
            }

            part.Append(rune.ToString());
            width += Width(rune);
        }

        yield return part.ToString();
    }
}
