using System.CommandLine;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Commands;

/// <summary>All commands, in the order the help lists them.</summary>
internal static class CommandList
{
    public static IEnumerable<Command> Create(Interruption interruption) =>
    [
        new InspectCommand(),
        new VerifyCommand(interruption),
        new TokenizeCommand(interruption),
        new DetokenizeCommand(interruption),
        new EmbedCommand(interruption),
        new CompareCommand(),
        TranslateCommand.ForTranslation(interruption),
        TranslateCommand.ForLanguageModels(interruption),
        new ScoreCommand(interruption),
        new BleuCommand(),
        new EncodeCommand(interruption),
        new PlotCommand(),
        new ExtractCommand(interruption),
        new ConvertCommand(interruption),
        new ReleaseCommand(interruption),
        new AverageCommand(interruption),
        new MergeLoraCommand(interruption),
        new DiffCommand(interruption),
        new GraftCommand(interruption),
    ];
}
