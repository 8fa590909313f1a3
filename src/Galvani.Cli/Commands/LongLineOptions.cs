using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Commands;

/// <summary>The options for lines that are too long.</summary>
/// <param name="splitMeaning">What <c>split</c> does in the command, as help says it.</param>
internal sealed class LongLineOptions(string splitMeaning)
{
    private readonly Option<int?> maximum = new("--max-source") { Description = "The most pieces a line may have. Default: the rows of the positional table.", HelpName = "N" };
    private readonly Option<string> onLong = new("--on-long") { Description = $"What to do with a longer line: cut drops what is beyond, {splitMeaning}.", HelpName = "error|cut|split", DefaultValueFactory = _ => "error" };

    public IEnumerable<Option> All => [maximum, onLong];

    /// <summary>The limit.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="modelMaximum">The most pieces that the model takes; null where nothing limits them.</param>
    /// <exception cref="UsageException">An option has no such value.</exception>
    public LineLimit Create(ParseResult result, int? modelMaximum) => LineLimit.Create(result.GetValue(maximum), result.GetValue(onLong)!, modelMaximum);

    /// <summary>The limit where the parts of a line do not make up the line.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="modelMaximum">The most pieces that the model takes; null where nothing limits them.</param>
    /// <param name="reason">Why a line cannot be split, as the error says it.</param>
    /// <exception cref="UsageException">An option has no such value, or lines are to be split.</exception>
    public LineLimit CreateWithoutSplit(ParseResult result, int? modelMaximum, string reason)
    {
        var limit = Create(result, modelMaximum) with { Remedy = "--on-long cut shortens such lines" };
        return limit.OnLong == "split" ? throw new UsageException($"--on-long is split: {reason}; expected error or cut.") : limit;
    }
}
