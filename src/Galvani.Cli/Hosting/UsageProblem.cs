using System.CommandLine;

namespace Galvani.Cli.Hosting;

/// <summary>From a parse error to one line that names what is near.</summary>
internal static class UsageProblem
{
    /// <summary>Refuses what looks like an option and is none: the parser would take it for text. Behind <c>--</c> everything is text.</summary>
    public static void CheckOptions(ParseResult result, IEnumerable<string> arguments)
    {
        var command = result.CommandResult.Command;
        var names = command.Options.SelectMany(option => option.Aliases.Append(option.Name)).Append("--help").ToHashSet(StringComparer.Ordinal);
        var values = result.CommandResult.Children.OfType<System.CommandLine.Parsing.OptionResult>().SelectMany(option => option.Tokens).Select(token => token.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var argument in arguments.TakeWhile(argument => argument != "--"))
        {
            var name = argument.Split('=', ':')[0];
            if (LooksLikeOption(name) && !names.Contains(name) && !values.Contains(argument))
                throw new UsageException(Unknown(command, name, names) + " Text that begins with a dash goes behind --.");
        }
    }

    /// <summary>The first problem, in words.</summary>
    public static string Describe(ParseResult result)
    {
        if (result.UnmatchedTokens is not [var unknown, ..])
            return result.Errors[0].Message;
        var command = result.CommandResult.Command;
        if (LooksLikeOption(unknown))
            return Unknown(command, unknown, command.Options.SelectMany(option => option.Aliases.Append(option.Name)));
        return command.Subcommands.Count > 0
            ? $"There is no command {unknown}.{Hints.Nearest(unknown, command.Subcommands.Select(sub => sub.Name))} galvani --help lists them."
            : $"{command.Name} takes no further argument, found {unknown}.";
    }

    private static string Unknown(Command command, string name, IEnumerable<string> known) =>
        $"{(command is RootCommand ? "galvani" : command.Name)} has no option {name}.{Hints.Nearest(name, known)}";

    private static bool LooksLikeOption(string argument)
    {
        var name = argument.AsSpan().TrimStart('-');
        return argument.StartsWith('-') && name.Length > 0 && argument.Length - name.Length <= 2 && char.IsAsciiLetter(name[0]) && name.IndexOfAnyExcept(NameCharacters) < 0;
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}
