using System.CommandLine;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Commands;

/// <summary>All commands, in the order the help lists them. Each is built when it is needed: a run builds the one that it names.</summary>
internal static class CommandList
{
    private static readonly (string Name, Func<Interruption, Command> Create)[] Commands =
    [
        ("inspect", _ => new InspectCommand()),
        ("verify", interruption => new VerifyCommand(interruption)),
        ("tokenize", interruption => new TokenizeCommand(interruption)),
        ("detokenize", interruption => new DetokenizeCommand(interruption)),
        ("embed", interruption => new EmbedCommand(interruption)),
        ("compare", _ => new CompareCommand()),
        ("translate", TranslateCommand.ForTranslation),
        ("generate", TranslateCommand.ForLanguageModels),
        ("score", interruption => new ScoreCommand(interruption)),
        ("encode", interruption => new EncodeCommand(interruption)),
        ("vocabulary-map", interruption => new VocabularyMapCommand(interruption)),
        ("bleu", _ => new BleuCommand()),
        ("bench", interruption => new BenchCommand(interruption)),
        ("plot", _ => new PlotCommand()),
        ("extract", interruption => new ExtractCommand(interruption)),
        ("convert", interruption => new ConvertCommand(interruption)),
        ("release", interruption => new ReleaseCommand(interruption)),
        ("average", interruption => new AverageCommand(interruption)),
        ("merge-lora", interruption => new MergeLoraCommand(interruption)),
        ("diff", interruption => new DiffCommand(interruption)),
        ("graft", interruption => new GraftCommand(interruption)),
    ];

    /// <summary>The command of this name alone, or all commands where there is none: for the help, and for errors that name the nearest.</summary>
    /// <param name="name">The first argument; null where there is none.</param>
    /// <param name="interruption">Ends a run.</param>
    public static IEnumerable<Command> Create(string? name, Interruption interruption)
    {
        var index = Array.FindIndex(Commands, command => command.Name == name);
        return index >= 0 ? [Commands[index].Create(interruption)] : Commands.Select(command => command.Create(interruption));
    }

    /// <summary>The names by which commands are found, in order.</summary>
    public static IEnumerable<string> Names => Commands.Select(command => command.Name);
}
