using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Commands;

/// <summary>The options that choose a model and its tokenizer; shared by every command that uses one.</summary>
internal sealed class ModelOptions
{
    public Option<string?> Model { get; } = new("--model", "-m") { Description = "The checkpoint. Default: GALVANI_MODEL, else the bundled sample.", HelpName = "FILE" };

    public Option<string?> Tokenizer { get; } = new("--tokenizer") { Description = "A SentencePiece model, or subword-nmt codes. Default: what the checkpoint names, in its own folder.", HelpName = "FILE" };

    public Option<string?> Transforms { get; } = new("--transforms") { Description = "Transforms separated by commas. Default: what the checkpoint records.", HelpName = "LIST" };

    public Option<string?> Corpus { get; } = new("--corpus") { Description = "The training corpus whose transforms and prefix to take where they differ.", HelpName = "NAME" };

    public Option<string?> SourcePrefix { get; } = new("--source-prefix") { Description = "Text in front of every line, for models trained with the transform prefix.", HelpName = "TEXT" };

    public Option<string?> SourceFeatureDefaults { get; } = new("--source-feature-defaults") { Description = "The features of lines that carry none, joined by ￨, for models with source features. Default: what the checkpoint records.", HelpName = "LIST" };

    public Option<string?> Rotary { get; } = new("--rotary") { Description = "How rotary positions pair up. Default: as the checkpoint records, or as the release that wrote it trained.", HelpName = "interleaved|halves" };

    public Option<string?> Compute { get; } = new("--compute") { Description = "The numbers that projections are computed in. Default: fp32; of a .galvani file, what it holds.", HelpName = ComputeTypes.Help };

    public LimitOption Limits { get; } = new();

    public IEnumerable<Option> All => [Model, Tokenizer, Transforms, Corpus, SourcePrefix, SourceFeatureDefaults, Rotary, Compute, Limits.Option];

    /// <summary>Opens the checkpoint alone, for commands that need no text.</summary>
    public OpenNmtCheckpoint OpenCheckpoint(ParseResult result) => OpenNmtCheckpoint.Open(ModelLocator.Resolve(result.GetValue(Model)), Limits.Read(result));

    /// <summary>Opens the model and says its notes once.</summary>
    public NmtModel Open(ParseResult result) => Open(result, (_, options) => options);

    /// <summary>Opens the model with more options than these and says its notes once.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="complete">Adds to the options.</param>
    public NmtModel Open(ParseResult result, Func<ParseResult, NmtModelOptions, NmtModelOptions> complete) => Open(result, result.GetValue(Model), complete);

    /// <summary>Opens a model that is named elsewhere and says its notes once.</summary>
    /// <param name="result">The parsed command line.</param>
    /// <param name="path">The checkpoint; null for the default.</param>
    /// <param name="complete">Adds to the options.</param>
    public NmtModel Open(ParseResult result, string? path, Func<ParseResult, NmtModelOptions, NmtModelOptions> complete)
    {
        var model = NmtModel.Open(ModelLocator.Resolve(path), complete(result, new NmtModelOptions
        {
            TokenizerPath = result.GetValue(Tokenizer),
            Transforms = result.GetValue(Transforms)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Corpus = result.GetValue(Corpus),
            SourcePrefix = result.GetValue(SourcePrefix),
            SourceFeatureDefaults = result.GetValue(SourceFeatureDefaults),
            RotaryPairs = PairsOf(result.GetValue(Rotary)),
            Compute = ComputeTypes.Parse(result.GetValue(Compute)),
            Limits = Limits.Read(result),
        }));
        if (result.GetValue(Corpus) is { } corpus && result.GetValue(Tokenizer) is null && result.GetValue(Transforms) is null)
            model.Checkpoint.Tokenization.Transforms(corpus); // a wrong name is told here, and not as the fault of the first line
        foreach (var note in model.Notes)
            StandardError.Note(note);
        return model;
    }

    private static RotaryPairs PairsOf(string? name) => name switch
    {
        null => RotaryPairs.Recorded,
        "interleaved" => RotaryPairs.Interleaved,
        "halves" => RotaryPairs.Halves,
        _ => throw new UsageException($"--rotary is {name}, expected interleaved or halves."),
    };
}
