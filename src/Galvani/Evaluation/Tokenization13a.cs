// The tokenisation of NIST's mteval-v13a.pl in the form that sacreBLEU gave it ("13a"): entities resolved, punctuation separated, full stops, commas and hyphens
// separated unless digits stand beside them.
using System.Text.RegularExpressions;

namespace Galvani.Evaluation;

/// <summary>Cuts a segment into the words that BLEU counts.</summary>
internal static partial class Tokenization13a
{
    /// <summary>The words of a segment.</summary>
    public static List<string> Words(string segment)
    {
        var line = TrimEnd(segment).Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        if (line.Contains('&', StringComparison.Ordinal))
        {
            line = line.Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
                .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        }

        line = Punctuation().Replace($" {line} ", " $1 ");
        line = StopBehindNoDigit().Replace(line, "$1 $2 ");
        line = StopBeforeNoDigit().Replace(line, " $1 $2");
        line = HyphenBehindDigit().Replace(line, "$1 $2 ");
        return SplitAtWhiteSpace(line);
    }

    /// <summary>What stands between white space, as Python's <c>str.split()</c> gives it.</summary>
    public static List<string> SplitAtWhiteSpace(string text)
    {
        var parts = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            var start = i;
            while (i < text.Length && !IsSpace(text[i]))
                i++;
            if (i > start)
                parts.Add(text[start..i]);
            else
                i++;
        }

        return parts;
    }

    private static string TrimEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }

    // Python's white space: .NET's, and the four information separators.
    private static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1C' and <= '\x1F';

    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])")]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"([^0-9])([\.,])")]
    private static partial Regex StopBehindNoDigit();

    [GeneratedRegex(@"([\.,])([^0-9])")]
    private static partial Regex StopBeforeNoDigit();

    [GeneratedRegex("([0-9])(-)")]
    private static partial Regex HyphenBehindDigit();
}
