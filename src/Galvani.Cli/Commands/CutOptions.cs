using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Commands;

/// <summary>The options for lines that are too long, of commands in which the parts of a line do not make up the line.</summary>
/// <param name="noLimit">What the limit is where none is given, for people.</param>
internal sealed class CutOptions(string noLimit)
{
    /// <summary>Of commands that run a model.</summary>
    public const string OfModel = "the rows of the positional table";

    /// <summary>Of commands that only cut text or join it.</summary>
    public const string OfText = "none";

    private readonly Option<int?> maximum = new("--max-source") { Description = $"The most pieces a line may have. Default: {noLimit}.", HelpName = "N" };
    private readonly Option<string> onLong = new("--on-long") { Description = "What to do with a longer line.", HelpName = "error|cut", DefaultValueFactory = _ => "error" };

    public IEnumerable<Option> All => [maximum, onLong];

    /// <summary>The limit.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="modelMaximum">The most pieces that the model takes.</param>
    public LineLimit Create(ParseResult result, int? modelMaximum)
    {
        if (result.GetValue(onLong) is not ("error" or "cut"))
            throw new UsageException($"--on-long is {result.GetValue(onLong)}, expected error or cut.");
        return LineLimit.Create(result.GetValue(maximum), result.GetValue(onLong)!, modelMaximum) with { Remedy = "--on-long cut shortens such lines" };
    }
}
