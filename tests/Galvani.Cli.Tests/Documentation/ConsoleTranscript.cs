using System.Text;

namespace Galvani.Cli.Tests.Documentation;

/// <summary>
/// The <c>console</c> blocks of a Markdown page: lines that start with <c>$ </c> are commands, what follows each is its standard output.
/// </summary>
internal static class ConsoleTranscript
{
    private const string Opening = "```console";
    private const string Closing = "```";

    /// <summary>The page with every command's output replaced by what <paramref name="run"/> returns for it.</summary>
    /// <param name="page">The page's text.</param>
    /// <param name="run">Runs a command (its words, quotes removed) and returns its standard output.</param>
    public static string Rewrite(string page, Func<IReadOnlyList<string>, string> run)
    {
        var result = new StringBuilder();
        var inside = false;
        foreach (var line in page.TrimEnd('\n').Split('\n'))
        {
            if (inside && line == Closing)
                inside = false;
            else if (line == Opening)
                inside = true;
            else if (inside && !line.StartsWith("$ ", StringComparison.Ordinal))
                continue;
            result.Append(line).Append('\n');
            if (inside && line.StartsWith("$ ", StringComparison.Ordinal))
                result.Append(run(Words(line[2..])));
        }

        return result.ToString();
    }

    /// <summary>The commands of all blocks, in order.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Commands(string page)
    {
        var commands = new List<IReadOnlyList<string>>();
        Rewrite(page, words =>
        {
            commands.Add(words);
            return "";
        });
        return commands;
    }

    /// <summary>Splits as a POSIX shell does for plain words and single quotes.</summary>
    private static List<string> Words(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quoted = false;
        var started = false;
        foreach (var character in command)
        {
            if (character == '\'')
                (quoted, started) = (!quoted, true);
            else if (character == ' ' && !quoted)
            {
                if (started)
                    words.Add(word.ToString());
                word.Clear();
                started = false;
            }
            else
            {
                word.Append(character);
                started = true;
            }
        }

        if (started)
            words.Add(word.ToString());
        return words;
    }
}
