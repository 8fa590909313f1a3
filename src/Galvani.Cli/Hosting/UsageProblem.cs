using System.CommandLine;
using System.CommandLine.Parsing;

namespace Galvani.Cli.Hosting;

/// <summary>From a parse error to one line that names what is near.</summary>
internal static class UsageProblem
{
    /// <summary>Refuses what looks like an option and is none, and a flag with a value that is none: the parser would take them for text. Behind <c>--</c> everything is text.</summary>
    public static void CheckOptions(ParseResult result, IEnumerable<string> arguments)
    {
        var command = result.CommandResult.Command;
        var names = command.Options.SelectMany(option => option.Aliases.Append(option.Name)).Append("--help").ToHashSet(StringComparer.Ordinal);
        var values = result.CommandResult.Children.OfType<OptionResult>().SelectMany(option => option.Tokens).Select(token => token.Value).ToHashSet(StringComparer.Ordinal);
        foreach (var argument in arguments.TakeWhile(argument => argument != "--"))
        {
            var name = argument.Split('=', ':')[0];
            if (LooksLikeOption(name) && !names.Contains(name) && !values.Contains(argument))
                throw new UsageException(Unknown(command, name, names) + " Text that begins with a dash goes behind --.");
            if (argument.Length > name.Length && command.Options.Any(option => option is Option<bool> && option.Name == name) && !bool.TryParse(argument[(name.Length + 1)..], out _))
                throw new UsageException($"{name} is {argument[(name.Length + 1)..]}, expected true or false.");
        }
    }

    /// <summary>Refuses empty names of files, as an unset variable of a script gives, and one file for two outputs, of which the second would replace the first.</summary>
    public static void CheckFileNames(ParseResult result)
    {
        var given = result.CommandResult.Children.OfType<OptionResult>().Where(option => FileKinds.Contains(option.Option.HelpName)).ToList();
        foreach (var option in given)
        {
            if (option.Tokens.Any(token => token.Value.Length == 0))
                throw new UsageException($"{option.Option.Name} is empty, expected {option.Option.HelpName}: {option.Option.Description}");
        }

        if (Written("--output") is { } output && Written("--report") is { } report && Path.GetFullPath(output) == Path.GetFullPath(report))
            throw new UsageException($"--output and --report are both {output}, expected two files.");

        string? Written(string name) => given.Find(option => option.Option.Name == name)?.Tokens is [var token] ? token.Value : null;
    }

    /// <summary>The first problem, in words.</summary>
    public static string Describe(ParseResult result)
    {
        var command = result.CommandResult.Command;
        if (result.UnmatchedTokens is not [var unknown, ..])
            return command.Subcommands.Count > 0 ? $"{command.Name} needs one of {Names(command)}." : Describe(result.Errors[0]);
        if (LooksLikeOption(unknown))
            return Unknown(command, unknown, command.Options.SelectMany(option => option.Aliases.Append(option.Name)));
        return command.Subcommands.Count > 0
            ? $"{command.Name} has no command {unknown}.{Hints.Nearest(unknown, command.Subcommands.Select(sub => sub.Name))} It has {Names(command)}."
            : $"{command.Name} does not take '{unknown}'{Expected(command)}.";
    }

    private static string Describe(ParseError error)
    {
        if (Missing(error.SymbolResult) is { } missing)
            return missing;
        if (error.SymbolResult is not OptionResult { Option: var option, Tokens: [var value] })
            return error.Message;
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        if (type != typeof(int) && type != typeof(long))
            return error.Message;
        var isWhole = System.Numerics.BigInteger.TryParse(value.Value, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out _);
        return $"{option.Name} is {value.Value}, expected a {(isWhole ? "smaller " : "")}whole number.";
    }

    /// <summary>What is missing: an argument, an option that must be given, or the value of one; null where nothing is.</summary>
    private static string? Missing(SymbolResult? symbol) => symbol switch
    {
        OptionResult { Tokens: [], Implicit: false, Option: { HelpName: { } value } option } => $"{option.Name} needs {value}: {option.Description}",
        OptionResult { Tokens: [], Option: { Required: true } option, Parent: CommandResult { Command: var command } } => $"{command.Name} needs {option.Name} {option.HelpName}: {option.Description}",
        ArgumentResult { Argument: var argument, Tokens.Count: var count, Parent: CommandResult { Command: var command } } when count < argument.Arity.MinimumNumberOfValues =>
            $"{command.Name} needs {argument.Name}{(count == 0 ? "" : FormattableString.Invariant($", {argument.Arity.MinimumNumberOfValues} at least"))}: {argument.Description}",
        _ => null,
    };

    private static string Names(Command command) => string.Join(", ", command.Subcommands.Select(sub => sub.Name));

    private static string Expected(Command command) => command.Arguments.Count == 0 ? "" : $": expected {command.Arguments[0].Name}, {command.Arguments[0].Description}".TrimEnd('.');

    private static string Unknown(Command command, string name, IEnumerable<string> known) =>
        $"{command.Name} has no option {name}.{Hints.Nearest(name, known)}";

    private static bool LooksLikeOption(string argument)
    {
        var name = argument.AsSpan().TrimStart('-');
        return argument.StartsWith('-') && name.Length > 0 && argument.Length - name.Length <= 2 && char.IsAsciiLetter(name[0]) && name.IndexOfAnyExcept(NameCharacters) < 0;
    }

    private static readonly HashSet<string?> FileKinds = ["FILE", "FILE ...", "OUT", "DONOR", "TOKENS"];

    private static readonly System.Buffers.SearchValues<char> NameCharacters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}
