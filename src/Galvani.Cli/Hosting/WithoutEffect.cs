using System.CommandLine;

namespace Galvani.Cli.Hosting;

/// <summary>Options that were given and change nothing beside the others: one note names them and says why.</summary>
internal static class WithoutEffect
{
    /// <summary>Whether an option stands on the command line or in its configuration file.</summary>
    public static bool IsGiven(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };

    /// <summary>Says which of some options have no effect.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="reason">Why they have none, as the note says it behind "as".</param>
    /// <param name="options">Options of which those that are given have no effect.</param>
    public static void Say(ParseResult result, string reason, params IEnumerable<Option> options)
    {
        string[] given = [.. options.Where(option => IsGiven(result, option)).Select(option => option.Name)];
        if (given.Length > 0)
            StandardError.Note($"no effect: {string.Join(", ", given)}, as {reason}");
    }
}
