using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Output;
using Galvani.Embeddings;

namespace Galvani.Cli.Pipe;

/// <summary>A line and what the model computed of it.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="States">Null where it has none.</param>
internal sealed record EncodedLine(TokenizedLine Tokens, SentenceStates? States);

/// <summary>Encodes lines, prints them, makes arrays of them. Used by several threads.</summary>
internal sealed class LineEncoder(StateReader reader, bool takesPieces, IReadOnlyList<StateLayer> layers, PairedLines? targets, LineLimit limit, RunReport report)
{
    private readonly Lazy<TargetTokens> targetTokens = new(() => new TargetTokens(new Scorer(reader.Model), takesPieces));
    private readonly LineTokens lineTokens = new(reader.Model, takesPieces);

    public bool Pools { get; init; }

    public bool ShowsAttention { get; init; }

    public bool PrintsObjects { get; init; }

    public EncodedLine Encode(InputLine line)
    {
        var (tokens, parts, _) = lineTokens.Within(line.Utf8.Span, line.Number, limit, report);
        var targetText = targets?.Take(line.Number);
        if (tokens.Ids.Count == 0)
            return new EncodedLine(tokens, null);
        try
        {
            if (targetText is null)
                return new EncodedLine(tokens, reader.ReadParts(parts));
            return new EncodedLine(tokens, reader.Read(tokens, targetTokens.Value.Of(targetText)));
        }
        catch (ArgumentException exception)
        {
            throw LineTokens.Problem(line.Number, exception);
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
