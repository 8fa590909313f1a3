using System.CommandLine;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Configuration;

/// <summary>
/// <c>--config FILE</c>: the options of a YAML file, by this program's names or by OpenNMT-py's, as if they stood in front of the command line's; what the command line
/// itself gives goes before the file's.
/// </summary>
internal static class ConfigFile
{
    public const string OptionName = "--config";
    private const string InputName = "--source"; // TEXT stands in its place

    /// <summary>The arguments with those of the file in front.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="arguments">The command line: the command's name, then the rest.</param>
    /// <param name="dropped">Receives options of the file that mean nothing here.</param>
    /// <returns>The arguments to parse again; null where no file is named.</returns>
    /// <exception cref="UsageException">The file has an option that the command has not.</exception>
    public static string[]? Expand(ParseResult result, string[] arguments, ICollection<string> dropped)
    {
        var command = result.CommandResult.Command;
        if (command.Options.OfType<Option<string?>>().FirstOrDefault(option => option.Name == OptionName) is not { } config || result.GetValue(config) is not { } path)
            return null;
        var hasText = command.Arguments.Any(argument => result.GetResult(argument) is { Tokens.Count: > 0 });
        var expanded = new List<string>();
        foreach (var option in YamlOptions.Read(path))
        {
            if (ArgumentSpelling.IsMeaningless(option.Name))
                dropped.Add(option.Name);
            else if (Find(command, option, path) is var known && result.GetResult(known) is not { Implicit: false } && !(hasText && known.Name == InputName))
                expanded.AddRange(Arguments(known, option, path));
        }

        return [arguments[0], .. expanded, .. arguments.Skip(1)];
    }

    private static Option Find(Command command, YamlOption option, string path)
    {
        var name = ArgumentSpelling.OptionName(option.Name);
        return command.Options.FirstOrDefault(known => known.Name == name && known.Name != OptionName)
            ?? throw new UsageException($"{path} line {option.Line}: {command.Name} has no option {option.Name}.{Hints.Nearest(name, command.Options.Select(known => known.Name))}");
    }

    private static IEnumerable<string> Arguments(Option known, YamlOption option, string path)
    {
        if (known.ValueType.IsArray)
            return option.Values.Select(value => $"{known.Name}={value}");
        if (known.ValueType != typeof(bool))
            return option.Values.Count == 0 ? [] : [$"{known.Name}={string.Join(',', option.Values)}"];
        return option.Values switch
        {
            [] => [],
            ["true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON"] => [known.Name],
            ["false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF"] => [],
            _ => throw new UsageException($"{path} line {option.Line}: {option.Name} is {string.Join(", ", option.Values)}, expected true or false."),
        };
    }
}
