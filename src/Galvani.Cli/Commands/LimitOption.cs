using System.CommandLine;
using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Commands;

/// <summary><c>--limit NAME=N</c>: bounds on what a file may make the program do; the names are those that errors give.</summary>
internal sealed class LimitOption
{
    private const string JsonNodesName = "JsonNodes";
    private const long DefaultJsonNodes = 100_000_000;

    private static readonly (string Name, Func<CheckpointLimits, long> Default, Func<CheckpointLimits, long, CheckpointLimits> Set)[] Known =
    [
        ("PickleBytes", limits => limits.PickleBytes, (limits, value) => limits with { PickleBytes = value }),
        ("Nesting", limits => limits.Nesting, (limits, value) => limits with { Nesting = Small(value) }),
        ("IntegerDigits", limits => limits.IntegerDigits, (limits, value) => limits with { IntegerDigits = Small(value) }),
        ("Rank", limits => limits.Rank, (limits, value) => limits with { Rank = Small(value) }),
        ("InflationRatio", limits => limits.InflationRatio, (limits, value) => limits with { InflationRatio = Small(value) }),
        ("LogicalRatio", limits => limits.LogicalRatio, (limits, value) => limits with { LogicalRatio = Small(value) }),
        ("MemoryRatio", limits => limits.MemoryRatio, (limits, value) => limits with { MemoryRatio = Small(value) }),
        ("Entries", limits => limits.Entries, (limits, value) => limits with { Entries = Small(value) }),
        ("ListedTensors", limits => limits.ListedTensors, (limits, value) => limits with { ListedTensors = Small(value) }),
        (JsonNodesName, _ => DefaultJsonNodes, (limits, _) => limits),
    ];

    /// <summary>The option.</summary>
    public Option<string[]> Option { get; } = new("--limit")
    {
        Description = $"Change a bound on what a file may make the program do. Defaults: {string.Join(' ', Known.Select(limit => Assignment(limit.Name, limit.Default(CheckpointLimits.Default))))}.", HelpName = "NAME=N",
    };

    /// <summary>The limits that the command line asks for.</summary>
    /// <exception cref="UsageException">A value names no limit, or is no number.</exception>
    public CheckpointLimits Read(ParseResult result) =>
        Assignments(result).Aggregate(CheckpointLimits.Default, (limits, assignment) => Known.First(limit => limit.Name == assignment.Name).Set(limits, assignment.Value));

    /// <summary>The most nodes of a JSON document.</summary>
    /// <exception cref="UsageException">A value names no limit, or is no number.</exception>
    public long ReadJsonNodes(ParseResult result) =>
        Assignments(result).Where(assignment => assignment.Name == JsonNodesName).Select(assignment => assignment.Value).DefaultIfEmpty(DefaultJsonNodes).Last();

    /// <summary>The error for a document that has too many nodes.</summary>
    public static CommandException TooManyNodes(long limit) => new($"The JSON has more nodes than {limit}, the limit ({JsonNodesName}); name a smaller object.");

    /// <summary>A sentence that names the option, for a message that names a limit; empty for others.</summary>
    public static string Hint(string message)
    {
        foreach (var (name, _, _) in Known)
        {
            if (message.Contains($"the limit ({name})", StringComparison.Ordinal))
                return $" --limit {name}=N changes it, for files that you trust.";
        }

        return "";
    }

    private IEnumerable<(string Name, long Value)> Assignments(ParseResult result)
    {
        foreach (var text in result.GetValue(Option) ?? [])
        {
            var parts = text.Split('=', 2);
            var name = Known.Select(limit => limit.Name).FirstOrDefault(known => known.Equals(parts[0], StringComparison.OrdinalIgnoreCase))
                ?? throw new UsageException($"--limit is '{text}', there is no limit {parts[0]}.{Hints.Nearest(parts[0], Known.Select(limit => limit.Name))}");
            if (parts.Length < 2 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value == 0)
                throw new UsageException($"--limit is '{text}', expected {name}=N with N from 1.");
            yield return (name, value);
        }
    }

    private static int Small(long value) => (int)Math.Min(value, int.MaxValue);

    private static string Assignment(string name, long value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
}
