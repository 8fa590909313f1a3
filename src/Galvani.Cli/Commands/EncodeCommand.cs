using System.CommandLine;
using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Cli.Pipe;
using Galvani.Embeddings;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani encode</c>: what a model computes of lines, layer by layer.</summary>
internal sealed class EncodeCommand : CliCommand
{
    private readonly Interruption interruption;
    private readonly LineOptions lines = new();
    private readonly ModelOptions models = new();
    private readonly CutOptions cut = new();
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
        foreach (var option in (Option[])[.. models.All, .. lines.All, .. cut.All, pieces, layers, pool, attention, target, output])
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
        using var model = models.Open(result);
        var reader = new StateReader(model);
        var chosen = StateLayers.Parse(result.GetValue(layers)!, reader.LayerCount);
        if (path is null && chosen.Count > 1 && !result.GetValue(lines.Json))
            throw new UsageException("Several layers are asked for: --json or --output takes them.");
        var sink = path is null ? null : new NamedArraySink(path);
        using var targets = result.GetValue(target) is { } file ? new PairedLines(file, result.GetValue(lines.Strict)) : null;
        using var stream = Standard.OpenStream();
        var report = new RunReport(Name, model.Checkpoint.Checkpoint.FilePath, [.. result.Tokens.Select(token => token.Value)]);
        var encoder = new LineEncoder(reader, chosen, targets, cut.Create(result, reader.MaximumLength), report)
        {
            TakesPieces = result.GetValue(pieces), Pools = result.GetValue(pool), ShowsAttention = result.GetValue(attention), PrintsObjects = result.GetValue(lines.Json),
        };
        var code = lines.Run(result, report, interruption, Work, Write, stream.Flush);
        targets?.Complete();
        sink?.Complete();
        return code;

        (byte[] Text, IReadOnlyList<KeyValuePair<string, NumpyArray>> Arrays) Work(InputLine line)
        {
            var encoded = encoder.Encode(line);
            report.CountLine(encoded.Tokens.Ids.Count);
            return sink is null ? (encoder.Print(line, encoded), []) : ([], encoder.Arrays(line.Number, encoded));
        }

        void Write((byte[] Text, IReadOnlyList<KeyValuePair<string, NumpyArray>> Arrays) encoded)
        {
            stream.Write(encoded.Text);
            sink?.Add(encoded.Arrays);
        }
    }
}

/// <summary>The layers that an option lists.</summary>
internal static class StateLayers
{
    /// <summary>Reads a list such as <c>static,0,2-3,last</c>, or <c>all</c>.</summary>
    public static IReadOnlyList<StateLayer> Parse(string text, int layerCount)
    {
        if (text == "all")
            return [StateLayer.Static, .. Enumerable.Range(0, layerCount).Select(StateLayer.Of), StateLayer.Last];
        var chosen = text.Split(',').SelectMany(Range).ToList();
        if (chosen.Find(layer => layer.Number >= layerCount) is { Number: not null } missing)
            throw new UsageException($"--layers asks for layer {missing}, the model has {layerCount}, numbered from 0.");
        return chosen;

        IEnumerable<StateLayer> Range(string part)
        {
            if (StateLayer.TryParse(part, out var layer))
                return [layer];
            var ends = part.Split('-');
            if (ends.Length == 2 && StateLayer.TryParse(ends[0], out var first) && StateLayer.TryParse(ends[1], out var last) && first.Number is { } from && last.Number is { } to && to >= from && to < layerCount)
                return Enumerable.Range(from, to - from + 1).Select(StateLayer.Of);
            throw new UsageException($"'{part}' in --layers is no layer; expected static, last, numbers from 0 to {layerCount - 1}, ranges of them, or all.");
        }
    }
}

/// <summary>A line and what the model computed of it.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="States">Null where it has none.</param>
internal sealed record EncodedLine(TokenizedLine Tokens, SentenceStates? States);

/// <summary>Encodes lines, prints them, makes arrays of them. Used by several threads.</summary>
internal sealed class LineEncoder(StateReader reader, IReadOnlyList<StateLayer> layers, PairedLines? targets, LineLimit limit, RunReport report)
{
    private readonly Lazy<Scorer> scorer = new(() => new Scorer(reader.Model));

    public bool TakesPieces { get; init; }

    public bool Pools { get; init; }

    public bool ShowsAttention { get; init; }

    public bool PrintsObjects { get; init; }

    public EncodedLine Encode(InputLine line)
    {
        var tokens = limit.Parts(TakesPieces ? reader.Model.TakePieces(line.Text) : reader.Model.Tokenize(line.Utf8.Span), line.Number, report)[0];
        var targetText = targets?.Take(line.Number);
        if (tokens.Ids.Count == 0)
            return new EncodedLine(tokens, null);
        try
        {
            if (targetText is null)
                return new EncodedLine(tokens, reader.Read(tokens));
            return new EncodedLine(tokens, reader.Read(tokens, TakesPieces ? scorer.Value.TakeTargetPieces(targetText) : scorer.Value.TokenizeTarget(targetText)));
        }
        catch (ArgumentException exception)
        {
            throw new CommandException($"Line {line.Number}: {exception.Message}");
        }
    }

    public byte[] Print(InputLine line, EncodedLine encoded) => LineBytes.Of(json =>
    {
        if (!PrintsObjects)
        {
            Values(json, encoded.States, layers[0]);
            return;
        }

        json.BeginObject().Name("text").Text(line.Text).Name("pieces").Texts(encoded.Tokens.Pieces).Name("ids").Numbers64(encoded.Tokens.Ids.Select(id => (long)id)).Name("states").BeginObject();
        foreach (var layer in layers)
            Values(json.Name(ArrayName(layer)), encoded.States, layer);
        json.EndObject().EndObject();
    });

    public List<KeyValuePair<string, NumpyArray>> Arrays(long line, EncodedLine encoded)
    {
        var arrays = new List<KeyValuePair<string, NumpyArray>>();
        if (encoded.States is not { } states)
            return arrays;
        Add("source", NumpyArray.Create([.. SourceIds(encoded).Select(id => (long)id)], SourceIds(encoded).Count));
        foreach (var layer in layers)
        {
            var values = Rows(states, layer);
            Add(ArrayName(layer), Pools ? NumpyArray.Create(values, states.Width) : NumpyArray.Create(values, values.Length / states.Width, states.Width));
        }

        if (!ShowsAttention)
            return arrays;
        var (sourceCount, targetCount) = (encoded.Tokens.Ids.Count, states.TargetIds.Count);
        AddAttention("encoder", "self", states.EncoderAttention, sourceCount, sourceCount);
        AddAttention("decoder", "self", states.DecoderAttention, targetCount, targetCount);
        AddAttention("decoder", "cross", states.CrossAttention, targetCount, sourceCount);
        if (targetCount > 0)
            Add("target_in", NumpyArray.Create([.. states.TargetIds.Select(id => (long)id)], targetCount));
        return arrays;

        void Add(string name, NumpyArray array) => arrays.Add(new(NamedArraySink.Name(line, name), array));

        void AddAttention(string side, string kind, IReadOnlyList<float[]> attention, int queryCount, int keyCount)
        {
            for (var layer = 0; layer < attention.Count; layer++)
                Add(FormattableString.Invariant($"{side}.{layer}.{kind}"), NumpyArray.Create(attention[layer], states.HeadCount, queryCount, keyCount));
        }
    }

    /// <summary>The ids whose rows the states are: in a language model the start token is among them.</summary>
    private IReadOnlyList<int> SourceIds(EncodedLine encoded) =>
        reader.Model.Config.Task == Galvani.Models.ModelTask.LanguageModel ? encoded.States!.TargetIds : encoded.Tokens.Ids;

    private void Values(JsonText json, SentenceStates? states, StateLayer layer)
    {
        if (states is null)
        {
            json.Vector([]);
            return;
        }

        var rows = Rows(states, layer);
        if (Pools)
        {
            json.Vector(rows);
            return;
        }

        json.BeginArray();
        for (var start = 0; start < rows.Length; start += states.Width)
            json.Vector(rows.AsSpan(start, states.Width));
        json.EndArray();
    }

    private float[] Rows(SentenceStates states, StateLayer layer) => Pools ? Pooling.Mean(states.Of(layer), states.Width) : states.Of(layer);

    private static string ArrayName(StateLayer layer) => layer.Number is { } number ? FormattableString.Invariant($"layer.{number}") : layer == StateLayer.Last ? "encoded" : "embedded";
}
