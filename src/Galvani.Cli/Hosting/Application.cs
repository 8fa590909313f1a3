using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Galvani.Cli.Commands;
using Galvani.Cli.Configuration;
using Galvani.Cli.Output;

namespace Galvani.Cli.Hosting;

/// <summary>The command tree, and one invocation of it from arguments to exit code.</summary>
internal static class Application
{
    /// <summary>Parses, runs, reports.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        StandardHandles.Occupy();
        using var interruption = new Interruption();
        try
        {
            // The version is asked for by scripts: answered before anything else is built.
            if (VersionInfo.Answer(arguments) is { } answer)
            {
                Standard.Write(output => output.Write(answer));
                return ExitCodes.Done;
            }

            var dropped = new List<string>();
            var normalized = ModelArguments.Separate(ArgumentSpelling.Normalize(arguments, dropped));
            var root = BuildRoot(normalized.FirstOrDefault(), interruption);
            var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null };
            var result = root.Parse(normalized, configuration);
            if (result.Errors.Count == 0 && ConfigFile.Expand(result, normalized, dropped) is { } expanded)
                (normalized, result) = (expanded, root.Parse(expanded, configuration));
            if (result.Action is not HelpAction && result.Action is not ExamplesHelp && (result.Errors.Count > 0 || normalized.Length == 0))
                throw new UsageException(normalized.Length == 0 ? "A command is needed; galvani --help lists them." : UsageProblem.Describe(result));
            if (result.Action is not ExamplesHelp)
            {
                UsageProblem.CheckOptions(result, normalized);
                UsageProblem.CheckFileNames(result);
            }

            if (dropped.Count > 0)
                StandardError.Note($"no effect here: {string.Join(' ', dropped)}");
            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception exception)
        {
            return Failure.Report(exception, interruption);
        }
    }

    private static Command BuildRoot(string? commandName, Interruption interruption)
    {
        // No RootCommand: that takes its name, which the help prints, from the file that runs.
        var root = new Command("galvani", "Takes OpenNMT-py Transformer checkpoints apart, shows every part, uses the parts alone, puts them together anew, and translates with the whole. FILE and --model default to GALVANI_MODEL, else to the bundled sample.");
        var help = new HelpOption();
        help.Action = new ExamplesHelp((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption());
        foreach (var command in CommandList.Create(commandName, interruption))
            root.Subcommands.Add(command);
        return root;
    }
}

/// <summary>The standard help, then the command's examples.</summary>
internal sealed class ExamplesHelp(HelpAction standard) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var code = standard.Invoke(parseResult);
        if (parseResult.CommandResult.Command is IExplained { Examples: var examples })
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.Write("Examples:\n");
            foreach (var example in examples)
                output.Write($"  {example}\n");
            output.Write("\n");
        }

        return code;
    }
}
