using System.CommandLine;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Models;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani encode</c>: what a model computes of lines, layer by layer.</summary>
internal sealed class EncodeCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly LongLineOptions longLines = new("split takes its parts by themselves and joins their rows (not with --attention)");
    private readonly TargetOptions targetSide = new();
    private readonly Option<bool> pieces = new("--pieces") { Description = "The lines are ready-made pieces, separated by spaces; features behind ￨." };
    private readonly Option<string> layers = new("--layers") { Description = "The states: last (after the final norm), static (embedded tokens), numbers of layers from 0 and ranges (0,2-3), or all.", HelpName = "LIST", DefaultValueFactory = _ => "last" };
    private readonly Option<bool> pool = new("--pool") { Description = "The mean over the tokens instead of a row for each." };
    private readonly Option<bool> attention = new("--attention") { Description = "Write self-attention of each layer, [H, S, S], to --output; with --target the decoder's self- and cross-attention, too." };
    private readonly Option<string?> target = new("--target") { Description = "Translations, a line for each source line: the decoder reads them.", HelpName = "FILE" };
    private readonly Option<string?> output = new("--output", "-o") { Description = "Write arrays: .npz or .safetensors. Names: N.embedded, N.layer.L, N.encoded, N.encoder.L.self, N.decoder.L.self, N.decoder.L.cross.", HelpName = "FILE" };

    public EncodeCommand(Interruption interruption)
        : base("encode", "Shows the states of each layer for each line: a row for each token, or their mean. One JSON array a line; a blank line gives an empty one.")
    {
        this.interruption = interruption;
        Register(lines.Text);
        foreach (var option in (Option[])[.. models.All, .. lines.All, .. longLines.All, pieces, layers, pool, attention, target, .. targetSide.All, output])
            Register(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "galvani encode --pool 'Мама мыла раму'",
        "galvani encode --layers all --json 'Мама мыла раму'",
        "galvani encode --layers all --attention --source test.ru --target test.en -o states.npz",
    ];

    protected override int Execute(ParseResult result)
    {
        var path = result.GetValue(output);
        if (result.GetValue(attention) && path is null)
            throw new UsageException("--attention needs --output: it gives arrays of three dimensions.");
        if (result.GetValue(target) is not null && !result.GetValue(attention))
            throw new UsageException("--target is for the decoder's attention: it goes with --attention.");
        if (result.GetValue(target) is null)
            WithoutEffect.Say(result, "there are no translations without --target", targetSide.All);
        if (path is not null)
            WithoutEffect.Say(result, "--output writes arrays", lines.Json);
        using var model = models.Open(result, targetSide.Complete);
        if (model.Config.Task == ModelTask.LanguageModel && result.GetValue(target) is not null)
            throw new UsageException("This is a language model, it reads texts: --target has no meaning.");
        var reader = new StateReader(model);
        var chosen = StateLayers.Parse(result.GetValue(layers)!, reader.LayerCount);
        if (path is null && chosen.Count > 1 && !result.GetValue(lines.Json))
            throw new UsageException("Several layers are asked for: --json or --output takes them.");
        using var sink = path is null ? null : new NamedArraySink(path);
        using var targets = result.GetValue(target) is { } file ? new PairedLines(file, result.GetValue(lines.Strict)) : null;
        using var stream = Standard.OpenStream();
        var report = new RunReport(Name, model.Checkpoint.Checkpoint.FilePath, [.. result.Tokens.Select(token => token.Value)]) { SecondFile = targets, IsPrinted = path is null };
        var encoder = new LineEncoder(reader, result.GetValue(pieces), chosen, targets, Limit(result, reader.MaximumLength), report, interruption.Token)
        {
            Pools = result.GetValue(pool), ShowsAttention = result.GetValue(attention), PrintsObjects = result.GetValue(lines.Json),
        };
        if (sink is null)
            return lines.Run<Action<Stream>>(result, report, interruption, encoder.Print, print => print(stream), stream.Flush, BatchSize.Single);
        var code = lines.Run<Action<NamedArraySink>>(result, report, interruption, encoder.Arrays, add => add(sink), stream.Flush, BatchSize.Single);
        sink.Complete();
        return code;
    }

    private LineLimit Limit(ParseResult result, int? modelMaximum) => result.GetValue(attention)
        ? longLines.CreateWithoutSplit(result, modelMaximum, "attention does not reach from one part of a line to another")
        : longLines.Create(result, modelMaximum);
}
