using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Commands;

/// <summary>The options for lines that are too long, of commands that only cut text or join it: no limit where none is given, and no parts that would be worked on by themselves.</summary>
internal sealed class CutOptions
{
    private readonly Option<int?> maximum = new("--max-source") { Description = "The most pieces a line may have. Default: no limit.", HelpName = "N" };
    private readonly Option<string> onLong = new("--on-long") { Description = "What to do with a longer line.", HelpName = "error|cut", DefaultValueFactory = _ => "error" };

    public IEnumerable<Option> All => [maximum, onLong];

    /// <summary>The limit.</summary>
    /// <param name="result">The parsed command line.</param>
    public LineLimit Create(ParseResult result)
    {
        if (result.GetValue(onLong) is not ("error" or "cut"))
            throw new UsageException($"--on-long is {result.GetValue(onLong)}, expected error or cut.");
        return LineLimit.Create(result.GetValue(maximum), result.GetValue(onLong)!, modelMaximum: null) with { Remedy = "--on-long cut shortens such lines" };
    }
}
