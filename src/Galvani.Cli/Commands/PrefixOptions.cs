using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;

namespace Galvani.Cli.Commands;

/// <summary>The options of what each line's translation is made to begin with, behind what all begin with (<see cref="TargetOptions"/>).</summary>
internal sealed class PrefixOptions
{
    public Option<bool> Column { get; } = new("--target-prefix-column") { Description = "Each line is source, tab, the target text that its translation begins with." };

    private readonly Option<string?> file = new("--target-prefix-file") { Description = "A file with the text that each line's translation begins with.", HelpName = "FILE" };
    private readonly Option<string?> target = new("--target") { Description = "With --tgt-file-prefix the same as --target-prefix-file, as OpenNMT-py says it.", HelpName = "FILE" };
    private readonly Option<bool> targetIsPrefix = new("--tgt-file-prefix") { Description = "--target holds prefixes." };

    public IEnumerable<Option> All => [file, Column, target, targetIsPrefix];

    /// <summary>Whether lines have prefixes of their own.</summary>
    public bool AreGiven(ParseResult result) => result.GetValue(Column) || FilePath(result) is not null;

    /// <summary>The file of prefixes, or null where there is none.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="isStrict">Whether broken UTF-8 in it is an error.</param>
    public PairedLines? OpenFile(ParseResult result, bool isStrict)
    {
        if (FilePath(result) is not { } path)
            return null;
        if (result.GetValue(Column))
            throw new UsageException("A file and a column of target prefixes are both given, expected one of them.");
        return new PairedLines(path, isStrict);
    }

    private string? FilePath(ParseResult result)
    {
        if (result.GetValue(target) is not { } path)
        {
            return result.GetValue(targetIsPrefix) ? throw new UsageException("--tgt-file-prefix needs the file: --target FILE.") : result.GetValue(file);
        }

        if (!result.GetValue(targetIsPrefix))
            throw new UsageException("--target gives references, which galvani score scores; with --tgt-file-prefix it gives what translations begin with.");
        return result.GetValue(file) is null ? path : throw new UsageException("--target and --target-prefix-file are both given, expected one of them.");
    }
}
