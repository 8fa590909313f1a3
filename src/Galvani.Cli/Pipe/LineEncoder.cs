using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Output;
using Galvani.Embeddings;

namespace Galvani.Cli.Pipe;

/// <summary>Encodes lines, prints them, makes arrays of them. Used by several threads; what it gives back is called by one, in the order of the lines.</summary>
internal sealed class LineEncoder(StateReader reader, bool takesPieces, IReadOnlyList<StateLayer> layers, PairedLines? targets, LineLimit limit, RunReport report, CancellationToken cancellationToken)
{
    /// <summary>The rows of a split line up to which it is read by several threads side by side: more would be too much memory for each.</summary>
    private const int MostRows = 1 << 12;

    private readonly Lazy<TargetTokens> targetTokens = new(() => new TargetTokens(new Scorer(reader.Model), takesPieces, cancellationToken));
    private readonly LineTokens lineTokens = new(reader.Model, takesPieces, cancellationToken);
    private readonly LongLineEncoder longLines = new(reader, new LineTokens(reader.Model, takesPieces, cancellationToken), layers, limit.Maximum ?? int.MaxValue, cancellationToken);

    public bool Pools { get; init; }

    public bool ShowsAttention { get; init; }

    public bool PrintsObjects { get; init; }

    private int Width => reader.Model.Config.ModelWidth;

    /// <summary>Works on a line.</summary>
    /// <returns>Prints it.</returns>
    public Action<Stream> Print(InputLine line)
    {
        if (!TryTake(line, out var source))
        {
            var means = Pools ? longLines.Means(line) : [];
            return output => PrintLong(line, source.Count, means, output);
        }

        var states = States(line, source);
        var bytes = LineBytes.Of(json =>
        {
            if (!PrintsObjects)
            {
                Values(json, states.Count == 0 ? [] : states[0]);
                return;
            }

            json.BeginObject().Name("text").Text(line.Text).Name("pieces").Texts(source.Whole.Pieces).Name("ids").Numbers64(source.Whole.Ids.Select(id => (long)id)).Name("states").BeginObject();
            for (var index = 0; index < layers.Count; index++)
                Values(json.Name(ArrayName(layers[index])), states.Count == 0 ? [] : states[index]);
            json.EndObject().EndObject();
        });
        return output => output.Write(bytes);
    }

    /// <summary>Works on a line.</summary>
    /// <returns>Adds its arrays to those of the lines before.</returns>
    public Action<NamedArraySink> Arrays(InputLine line)
    {
        if (!TryTake(line, out var source))
        {
            var means = Pools ? longLines.Means(line) : [];
            return sink => AddLong(line, means, sink);
        }

        var arrays = Arrays(line, source);
        return sink => sink.Add(arrays);
    }

    /// <summary>The tokens of a line; false where it is so long that it is worked on part by part.</summary>
    private bool TryTake(InputLine line, out LineParts source)
    {
        if (limit.TakesInParts(line))
        {
            var count = longLines.Count(line);
            source = new LineParts(new TokenizedLine([], [], [], reader.Model.SourceVocabulary.UnknownId), [], count);
            report.CountLine(count);
            if (limit.IsExceededBy(count))
                report.CountLongLine();
            return false;
        }

        source = lineTokens.Within(line.Utf8.Span, line.Number, limit, report);
        report.CountLine(source.Whole.Ids.Count);
        return source.Parts.Count == 1 || source.Count <= MostRows;
    }

    /// <summary>For each layer its rows or their mean; none for a line without tokens.</summary>
    private IReadOnlyList<float[]> States(InputLine line, LineParts source)
    {
        if (source.Count == 0)
            return [];
        try
        {
            var read = source.Parts.Select(part => reader.ReadLayers(part, layers)).ToList();
            return [.. layers.Select((_, index) => Finish(Join([.. read.Select(states => states[index])])))];
        }
        catch (ArgumentException exception)
        {
            throw LineTokens.Problem(line.Number, exception);
        }
    }

    /// <summary>The rows of parts one behind the other, those of the start token only once.</summary>
    private float[] Join(IReadOnlyList<float[]> parts)
    {
        if (parts.Count == 1)
            return parts[0];
        var repeated = reader.StartIds.Count * Width; // the numbers of rows that each part has
        var rows = new List<float>(parts.Sum(part => part.Length)); // [S, D]
        rows.AddRange(parts[0]);
        foreach (var part in parts.Skip(1))
            rows.AddRange(part.AsSpan(repeated));
        return [.. rows];
    }

    private float[] Finish(float[] rows) => Pools ? Pooling.Mean(rows, Width) : rows;

    private void PrintLong(InputLine line, int tokenCount, IReadOnlyList<float[]> means, Stream output)
    {
        var json = new JsonText(output);
        if (PrintsObjects)
        {
            json.BeginObject().Name("text").Text(line.Utf8.Span);
            longLines.PrintTokens(line, json);
            json.Name("states").BeginObject();
        }

        for (var index = 0; index < layers.Count && Pools; index++)
        {
            BeginLayer(index);
            json.Vector(means.Count == 0 ? [] : means[index]);
        }

        if (!Pools)
            longLines.PrintRows(line, tokenCount, json, BeginLayer);
        if (PrintsObjects)
            json.EndObject().EndObject();
        json.EndLine();

        void BeginLayer(int index)
        {
            if (PrintsObjects)
                json.Name(ArrayName(layers[index]));
        }
    }

    private void AddLong(InputLine line, IReadOnlyList<float[]> means, NamedArraySink sink)
    {
        var rowCount = 0L;
        var hasRows = sink.Add(NamedArraySink.Name(line.Number, "source"), "i8", spool => (rowCount = longLines.SendRowIds(line, ids => spool.Write(ids.Bytes))) > 0 ? [rowCount] : []);
        if (!hasRows)
            return;
        string[] names = [.. layers.Select(layer => NamedArraySink.Name(line.Number, ArrayName(layer)))];
        if (Pools)
            sink.Add(names.Zip(means, (name, mean) => KeyValuePair.Create(name, NumpyArray.Create(mean, Width))));
        else
            sink.AddSideBySide(names, rowCount, Width, take => longLines.SendRows(line, take));
    }

    private List<KeyValuePair<string, NumpyArray>> Arrays(InputLine line, LineParts source)
    {
        var arrays = new List<KeyValuePair<string, NumpyArray>>();
        var seen = Attention(line, source);
        var states = seen is null ? States(line, source) : [.. layers.Select(layer => Finish(seen.Of(layer)))];
        if (states.Count == 0)
            return arrays;
        long[] ids = [.. reader.StartIds.Select(id => (long)id), .. source.Whole.Ids.Select(id => (long)id)]; // those whose rows the states are
        Add("source", NumpyArray.Create(ids, ids.Length));
        for (var index = 0; index < layers.Count; index++)
        {
            var values = states[index];
            Add(ArrayName(layers[index]), Pools ? NumpyArray.Create(values, Width) : NumpyArray.Create(values, values.Length / Width, Width));
        }

        if (seen is not null)
            AddAttention(seen, source.Whole.Ids.Count, Add);
        return arrays;

        void Add(string name, NumpyArray array) => arrays.Add(new(NamedArraySink.Name(line.Number, name), array));
    }

    /// <summary>All that the model shows of a line, where attention is asked for and the line has tokens. Its counterpart is taken in any case.</summary>
    private SentenceStates? Attention(InputLine line, LineParts source)
    {
        var targetText = targets?.Take(line.Number);
        if (!ShowsAttention || source.Count == 0)
            return null;
        try
        {
            return targetText is null ? reader.Read(source.Whole) : reader.Read(source.Whole, targetTokens.Value.Of(targetText));
        }
        catch (ArgumentException exception)
        {
            throw LineTokens.Problem(line.Number, exception);
        }
    }

    private static void AddAttention(SentenceStates seen, int sourceCount, Action<string, NumpyArray> add)
    {
        var targetCount = seen.TargetIds.Count;
        AddLayers("encoder", "self", seen.EncoderAttention, sourceCount, sourceCount);
        AddLayers("decoder", "self", seen.DecoderAttention, targetCount, targetCount);
        AddLayers("decoder", "cross", seen.CrossAttention, targetCount, sourceCount);
        if (targetCount > 0)
            add("target_in", NumpyArray.Create([.. seen.TargetIds.Select(id => (long)id)], targetCount));

        void AddLayers(string side, string kind, IReadOnlyList<float[]> attention, int queryCount, int keyCount)
        {
            for (var layer = 0; layer < attention.Count; layer++)
                add(FormattableString.Invariant($"{side}.{layer}.{kind}"), NumpyArray.Create(attention[layer], seen.HeadCount, queryCount, keyCount));
        }
    }

    private void Values(JsonText json, float[] values)
    {
        if (Pools)
        {
            json.Vector(values);
            return;
        }

        json.BeginArray();
        for (var start = 0; start < values.Length; start += Width)
            json.Vector(values.AsSpan(start, Width));
        json.EndArray();
    }

    private static string ArrayName(StateLayer layer) => layer.Number is { } number ? FormattableString.Invariant($"layer.{number}") : layer == StateLayer.Last ? "encoded" : "embedded";
}
