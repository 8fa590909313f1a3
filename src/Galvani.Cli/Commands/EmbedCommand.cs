using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Pipe;
using Galvani.Embeddings;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani embed</c>: lines to vectors.</summary>
internal sealed class EmbedCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly VectorOptions vectors = new();
    private readonly Option<string?> output = new("--output", "-o") { Description = "Write the vectors as an array: .npy, .npz or .safetensors.", HelpName = "FILE" };
    private readonly Option<string?> perToken = new("--per-token") { Description = "A row for each token instead of the mean.", HelpName = "tokens|positions|sum" };
    private readonly Option<bool> center = new("--center") { Description = "Centre each vector by its own mean." };
    private readonly Option<string?> dimensions = new("--dimensions") { Description = "Components to keep: 96 for the first 96, 10-19 for a range. Default all.", HelpName = "RANGE" };
    private readonly LongLineOptions longLines = new("split takes its parts by themselves: all their rows, or the mean over all its tokens");

    public EmbedCommand(Interruption interruption)
        : base("embed", "Turns lines into vectors: the mean over the tokens of token vector + positional row, or of a layer's states (--layer). One JSON array a line; a blank line gives an empty one.")
    {
        this.interruption = interruption;
        Register(lines.Text);
        foreach (var option in (Option[])[.. models.All, .. lines.All, .. vectors.All, output, perToken, center, dimensions, .. longLines.All])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani embed 'Мама мыла раму' --dimensions 4",
        "galvani embed --per-token sum 'Мама мыла раму' --dimensions 4",
        "galvani embed --layer last 'Мама мыла раму' --dimensions 4",
        "galvani embed --model model.pt --source corpus.txt -o vectors.npy",
    ];

    protected override int Execute(ParseResult result)
    {
        using var model = models.Open(result);
        var range = result.GetValue(dimensions) is { } text ? VectorOptions.ParseRange(text) : (DimensionRange?)null;
        var tokenParts = PartsOf(result.GetValue(perToken));
        var options = vectors.Read(result, models, range, result.GetValue(center));
        if (tokenParts is { } parts)
            options = options with { Parts = result.GetValue(vectors.NoPositions) && parts == VectorParts.Sum ? VectorParts.Tokens : parts };
        if (tokenParts == VectorParts.Positions)
            WithoutEffect.Say(result, "--per-token positions gives the positional rows alone", vectors.NoPositions, vectors.Scaling);
        if (options.Layer != StateLayer.Static && options.Parts != VectorParts.Sum)
            throw new UsageException($"--layer and --per-token {result.GetValue(perToken)} do not go together: a layer's states are of tokens and positions at once. --per-token sum gives a row for each token.");
        var encoder = VectorOptions.CreateEncoder(model, options);
        var report = new RunReport(Name, model.Checkpoint.Checkpoint.FilePath, [.. result.Tokens.Select(token => token.Value)]) { IsPrinted = result.GetValue(output) is null };
        var form = tokenParts is null ? EmbeddedForm.Mean : EmbeddedForm.Tokens;
        using var sink = VectorSink.Create(result.GetValue(output), encoder.Width, form);
        if (!sink.NeedsText)
            WithoutEffect.Say(result, "--output writes an array", lines.Json);
        var embedder = new LineEmbedder(
            encoder, new LineTokens(model, result.GetValue(vectors.Pieces), interruption.Token), longLines.Create(result, encoder.MaximumLength), report, interruption.Token)
        {
            Form = form,
            Text = !sink.NeedsText ? EmbeddedText.None : result.GetValue(lines.Json) ? EmbeddedText.Object : EmbeddedText.Numbers,
            TakesText = !result.GetValue(vectors.Pieces),
        };
        return sink.Collect(() => lines.RunBatches(result, report, interruption, embedder.Embed, Write, sink.Flush, BatchSize.Fixed, lines.ThreadCount(result)));

        void Write(IReadOnlyList<EmbeddedBatch> batches)
        {
            foreach (var batch in batches)
            {
                sink.Write(batch);
                embedder.Return(batch);
            }
        }
    }

    private static VectorParts? PartsOf(string? name) => name switch
    {
        null => null,
        "sum" => VectorParts.Sum,
        "tokens" => VectorParts.Tokens,
        "positions" => VectorParts.Positions,
        _ => throw new UsageException($"--per-token is {name}, expected tokens, positions or sum."),
    };
}
