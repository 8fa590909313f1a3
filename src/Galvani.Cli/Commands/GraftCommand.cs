using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Cli.Views;
using Galvani.Models.OpenNmt;
using Galvani.Models.OpenNmt.Grafting;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani graft</c>: parts of models put into another.</summary>
internal sealed class GraftCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly OutputOptions output = new();
    private readonly LimitOption limits = new();
    private readonly Argument<string> baseModel = new("BASE") { Description = "The model that everything is put into." };
    private readonly Option<string[]> layer = new("--layer") { Description = "Layers of a donor in places of the base; a place right behind the last makes the stack deeper. BASE may be a donor. Without ':LAYERS' the same layers.", HelpName = "SIDE:LAYERS=DONOR:LAYERS" };
    private readonly Option<string[]> layers = new("--layers") { Description = "The base's layers to build on, in this order: encoder:0-2 keeps three, decoder:1,0 reorders, decoder:0,0,1,1 repeats.", HelpName = "SIDE:LAYERS" };
    private readonly Option<string?> encoder = new("--encoder") { Description = "The donor's whole encoder, with source embedding and vocabulary.", HelpName = "DONOR" };
    private readonly Option<string?> decoder = new("--decoder") { Description = "The donor's whole decoder, with target embedding, generator and vocabulary.", HelpName = "DONOR" };
    private readonly Option<string?> embeddings = new("--embeddings") { Description = "The donor's rows of both embeddings, matched by token.", HelpName = "DONOR" };
    private readonly Option<string?> sourceEmbedding = new("--source-embedding") { Description = "The donor's rows of the source embedding, matched by token.", HelpName = "DONOR" };
    private readonly Option<string?> targetEmbedding = new("--target-embedding") { Description = "The donor's rows of the target embedding, and of a generator tied to it, matched by token.", HelpName = "DONOR" };
    private readonly Option<string?> generator = new("--generator") { Description = "The donor's rows and biases of the generator, matched by token.", HelpName = "DONOR" };
    private readonly Option<string?> unmatched = new("--unmatched") { Description = "Rows of tokens that the donor does not have: they stay, become zero, or the mean of the donor's rows. Default: keep.", HelpName = "keep|zero|mean" };
    private readonly Option<string?> keepTokens = new("--keep-tokens") { Description = "Keep only the tokens of a file, one a line, and the specials, in vocabularies, embeddings and generator; ids are renumbered.", HelpName = "TOKENS" };

    public GraftCommand(Interruption interruption)
        : base("graft", "Puts parts of models into another: whole encoders and decoders, layers, rows of embeddings; cuts vocabularies. Options and vocabulary are made consistent; all that does not fit is listed.")
    {
        this.interruption = interruption;
        Register(baseModel);
        output.AddTo(this);
        Register(limits.Option);
        foreach (var option in (Option[])[layer, layers, encoder, decoder, embeddings, sourceEmbedding, targetEmbedding, generator, unmatched, keepTokens])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani graft base.pt --layer encoder:0-2=donor.pt:3-5 -o new.pt",
        "galvani graft base.pt --layers encoder:0-2 --layers decoder:0,0,1,1 -o shallow-deep.pt",
        "galvani graft base.pt --layer decoder:6=base.pt:5 -o deeper.pt",
        "galvani graft ru-en.pt --encoder de-en.pt -o frankenstein.pt",
        "galvani graft base.pt --embeddings donor.pt --unmatched mean -o new.pt",
        "galvani graft base.pt --keep-tokens tokens.txt -o small.pt",
    ];

    protected override int Execute(ParseResult result)
    {
        var destination = output.Destination(result, limits.Read(result));
        using var files = new DonorFiles(limits.Read(result));
        var model = files.Open(result.GetValue(baseModel)!);
        var options = ReadOptions(result, files);
        using var progress = new ByteProgress("grafting");
        var report = ModelGraft.Run(model, destination, options, progress, interruption.Token);
        output.Say(result, report.File, GraftView.Lines(report), json => GraftView.WriteJson(json, report));
        return ExitCodes.Done;
    }

    private GraftOptions ReadOptions(ParseResult result, DonorFiles files)
    {
        var both = result.GetValue(embeddings);
        if (both is not null && (result.GetValue(sourceEmbedding) ?? result.GetValue(targetEmbedding)) is not null)
            throw new UsageException("--embeddings is --source-embedding and --target-embedding together; expected one form.");
        var options = new GraftOptions
        {
            Encoder = files.OpenOptional(result.GetValue(encoder)),
            Decoder = files.OpenOptional(result.GetValue(decoder)),
            BaseLayers = [.. (result.GetValue(layers) ?? []).Select(text => Parse("--layers", text, LayerRange.Parse))],
            Layers = [.. (result.GetValue(layer) ?? []).Select(text => Layer(text, files))],
            SourceEmbedding = files.OpenOptional(result.GetValue(sourceEmbedding) ?? both),
            TargetEmbedding = files.OpenOptional(result.GetValue(targetEmbedding) ?? both),
            Generator = files.OpenOptional(result.GetValue(generator)),
            Unmatched = Unmatched(result.GetValue(unmatched)),
            KeptTokens = result.GetValue(keepTokens) is { } path ? TokensToKeep(path) : null,
        };
        if (options.Unmatched != UnmatchedRows.Keep && (options.SourceEmbedding ?? options.TargetEmbedding ?? options.Generator) is null)
            throw new UsageException("--unmatched goes with --embeddings, --source-embedding, --target-embedding or --generator, whose rows are matched by token.");
        return options == new GraftOptions { BaseLayers = options.BaseLayers, Layers = options.Layers } && options.BaseLayers.Count + options.Layers.Count == 0
            ? throw new UsageException("Expected something to graft: --layer, --layers, --encoder, --decoder, --embeddings, --generator or --keep-tokens.")
            : options;
    }

    private static IReadOnlyCollection<string> TokensToKeep(string path) => TokenList.Read(path) is { Count: > 0 } tokens
        ? tokens
        : throw new CommandException($"{path} has no tokens, expected one a line: nothing but the specials would be left.");

    /// <summary>SIDE:LAYERS=DONOR:LAYERS; the path may have colons and equals signs of its own behind the first equals sign.</summary>
    private static LayerGraft Layer(string text, DonorFiles files)
    {
        var parts = text.Split('=', 2);
        if (parts.Length != 2 || parts[1].Length == 0)
            throw new UsageException($"--layer is '{text}', expected SIDE:LAYERS=DONOR:LAYERS such as encoder:0-2=donor.pt:3-5.");
        var target = Parse("--layer", parts[0], LayerRange.Parse);
        var colon = parts[1].LastIndexOf(':');
        if (colon <= 0 || File.Exists(parts[1]))
            return new LayerGraft(target, files.Open(parts[1]), target.Layers);
        return new LayerGraft(target, files.Open(parts[1][..colon]), Parse("--layer", parts[1][(colon + 1)..], LayerRange.ParseLayers));
    }

    private static T Parse<T>(string option, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"{option}: {exception.Message}");
        }
    }

    private static UnmatchedRows Unmatched(string? name) => name switch
    {
        null or "keep" => UnmatchedRows.Keep,
        "zero" => UnmatchedRows.Zero,
        "mean" => UnmatchedRows.Mean,
        _ => throw new UsageException($"--unmatched is {name}, expected keep, zero or mean."),
    };
}
