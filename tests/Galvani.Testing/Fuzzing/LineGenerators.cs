using System.Text;

namespace Galvani.Testing.Fuzzing;

/// <summary>Writes files of lines, lists of tokens and option files, in which some part is another than it should be.</summary>
internal static class LineGenerators
{
    private static readonly string[] Tokens = ["a", "ab", "▁ab", "<unk>", "<blank>", "</s>", "😀", "\0", "\u0085", "\u2028", "", " ", "|||", "a|||b", "\ud800"];
    private static readonly string[] Symbols = ["a", "b", "ab", "b</w>", "ab</w>", "</w>", "aab", "aa", "П", "р", "Пр", "и", "ив", "т</w>", "ивет</w>", "😀", "😀</w>", "ﬁ"];
    private static readonly string[] Separators = [" ", "\t", "|||", "  ", ""];
    private static readonly string[] Numbers = ["1", "12", "-1", "0x10", "9223372036854775808", "1e3", "", "１"];
    private static readonly string[] Values = ["1", "true", "~", "''", "'a''b'", "\"\\u00e9\\x\"", "[a, b]", "[]", "[[a]]", "{a: 1}", "&x 1", "*x", "!!str a", "!<tag:x> a", "|\n  a\n  b", ">-\n  a\n\n  b", "- 1", "\t1", "# no", "1 # yes", "\0", "@a", "`a`", "%a", "? b", "<<"];
    private static readonly string[] Ends = ["\n", "\n", "\n", "\r\n", "\r", "\n\n", ""];

    /// <summary>Merge codes of a few lines, most of them right: symbols of which some end a word, some are listed twice, and some merge what no line before has made.</summary>
    public static byte[] Codes(Random random)
    {
        var text = new StringBuilder(random.Next(8) == 0 ? $"#version: {Pick(random, ["0.1", "0.2", "0.3", ""])}{Pick(random, Ends)}" : random.Next(2) == 0 ? "#version: 0.2\n" : "");
        for (var line = random.Next(12); line > 0; line--)
        {
            text.Append(random.Next(40) == 0 ? Pick(random, Tokens) : Pick(random, Symbols)).Append(random.Next(40) == 0 ? Pick(random, Separators) : " ")
                .Append(random.Next(40) == 0 ? Pick(random, Tokens) : Pick(random, Symbols)).Append(random.Next(20) == 0 ? Pick(random, Ends) : "\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A few lines of tokens, some with numbers or a second token behind them.</summary>
    public static byte[] List(Random random)
    {
        var text = new StringBuilder();
        for (var line = random.Next(8); line > 0; line--)
        {
            text.Append(Pick(random, Tokens));
            if (random.Next(4) > 0)
                text.Append(random.Next(8) == 0 ? Pick(random, Separators) : Separators[0]).Append(random.Next(8) == 0 ? Pick(random, Numbers) : Numbers[random.Next(2)]);
            text.Append(random.Next(8) == 0 ? Pick(random, Ends) : "\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A few lines of a vocabulary map: pieces, a tab, pieces; most of them right.</summary>
    public static byte[] VocabularyMap(Random random)
    {
        var text = new StringBuilder();
        for (var line = random.Next(8); line > 0; line--)
        {
            AppendPieces(random.Next(4));
            text.Append(random.Next(20) == 0 ? Pick(random, Separators) : "\t");
            AppendPieces(random.Next(6));
            text.Append(random.Next(8) == 0 ? Pick(random, Ends) : "\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());

        void AppendPieces(int count)
        {
            for (var i = 0; i < count; i++)
                text.Append(i == 0 ? "" : " ").Append(random.Next(20) == 0 ? Pick(random, Tokens) : Tokens[random.Next(4)]);
        }
    }

    /// <summary>An option file of a few lines, most of them right.</summary>
    public static byte[] Yaml(Random random)
    {
        var text = new StringBuilder(random.Next(12) == 0 ? "%YAML 1.1\n---\n" : "");
        for (var line = random.Next(6); line > 0; line--)
        {
            text.Append(random.Next(10) == 0 ? "  " : "").Append(random.Next(10) == 0 ? Pick(random, Values) : $"o{random.Next(20)}").Append(random.Next(15) == 0 ? ":" : ": ");
            if (random.Next(5) == 0)
                text.Append("\n  - ").Append(Pick(random, Values)).Append("\n  - ").Append(Values[random.Next(5)]);
            else
                text.Append(Values[random.Next(random.Next(3) == 0 ? Values.Length : 7)]);
            text.Append(random.Next(10) == 0 ? Pick(random, Ends) : "\n");
        }

        return Encoding.UTF8.GetBytes(text.Append(random.Next(12) == 0 ? "...\n---\n" : "").ToString());
    }

    private static string Pick(Random random, string[] choices) => choices[random.Next(choices.Length)];
}
