using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Output;
using Galvani.Embeddings;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Encodes lines that are split while they are written, so that neither their tokens nor all their states are ever in memory together: once through the line for each list of tokens, and once through
/// the model for all layers, or, where they are printed, for as many as may wait in memory. For one thread at a time.
/// </summary>
/// <param name="reader">The model.</param>
/// <param name="tokens">Cuts a line into pieces.</param>
/// <param name="layers">Which states.</param>
/// <param name="partLength">The tokens of a part.</param>
/// <param name="cancellationToken">Ends the work between two parts.</param>
internal sealed class LongLineEncoder(StateReader reader, LineTokens tokens, IReadOnlyList<StateLayer> layers, int partLength, CancellationToken cancellationToken)
{
    /// <summary>How many bytes of states may wait in memory until the layers before them are printed. Default 64 MiB.</summary>
    public long MostWaitingBytes { get; init; } = 1 << 26;

    private int Width => reader.Model.Config.ModelWidth;

    /// <summary>The number of a line's tokens.</summary>
    public int Count(InputLine line)
    {
        var counter = new PieceCounter(int.MaxValue);
        tokens.Send(line, counter);
        return counter.Count;
    }

    /// <summary>The mean of a line's rows for each layer, by one run through the model.</summary>
    /// <returns>[D] of each layer; none for a line without tokens.</returns>
    public IReadOnlyList<float[]> Means(InputLine line)
    {
        var means = layers.Select(_ => new WeightedMean(Width)).ToArray();
        SendStates(line, layers, (index, rows) => means[index].AddRows(rows));
        return means[0].Weight == 0 ? [] : [.. means.Select(mean => mean.ToArray())];
    }

    /// <summary>Prints a row for each token, layer by layer.</summary>
    /// <param name="line">The line.</param>
    /// <param name="tokenCount">The number of its tokens.</param>
    /// <param name="json">Where to.</param>
    /// <param name="begin">Called before the rows of the layer with an index.</param>
    public void PrintRows(InputLine line, int tokenCount, JsonText json, Action<int> begin)
    {
        var layerBytes = Math.Max(1, (long)(tokenCount + reader.StartIds.Count) * Width * sizeof(float));
        var together = (int)Math.Clamp(1 + MostWaitingBytes / layerBytes, 1, layers.Count); // the first of them does not wait
        for (var first = 0; first < layers.Count; first += together)
            PrintTogether(line, [.. layers.Skip(first).Take(together)], json, index => begin(first + index));
    }

    private void PrintTogether(InputLine line, IReadOnlyList<StateLayer> wanted, JsonText json, Action<int> begin)
    {
        var waiting = wanted.Skip(1).Select(_ => new List<float[]>()).ToList();
        begin(0);
        json.BeginArray();
        SendStates(line, wanted, (index, rows) =>
        {
            if (index == 0)
                PrintVectors(json, rows);
            else
                waiting[index - 1].Add(rows.ToArray());
        });
        json.EndArray();
        for (var index = 1; index < wanted.Count; index++)
        {
            begin(index);
            json.BeginArray();
            waiting[index - 1].ForEach(rows => PrintVectors(json, rows));
            json.EndArray();
        }
    }

    private void PrintVectors(JsonText json, ReadOnlySpan<float> rows)
    {
        for (var start = 0; start < rows.Length; start += Width)
            json.Vector(rows.Slice(start, Width));
    }

    /// <summary>Prints the lists of pieces and ids of an object.</summary>
    public void PrintTokens(InputLine line, JsonText json)
    {
        var pieces = new JsonPieces(json, receiver => tokens.Send(line, receiver));
        json.Name("pieces");
        pieces.WritePieces();
        json.Name("ids");
        pieces.WriteIds();
    }

    /// <summary>Hands on the ids of the rows that a line's states are.</summary>
    /// <returns>Their number; 0 for a line without tokens.</returns>
    public int SendRowIds(InputLine line, Action<NumpyArray> take)
    {
        var isFirst = true;
        var count = tokens.SendParts(line, partLength, (part, _) =>
        {
            long[] ids = [.. isFirst ? reader.StartIds.Select(id => (long)id) : [], .. part.Ids.Select(id => (long)id)];
            isFirst = false;
            take(NumpyArray.Create(ids, ids.Length));
        });
        return count == 0 ? 0 : count + reader.StartIds.Count;
    }

    /// <summary>Hands on the bytes of the rows of all layers, part by part, by one run through the model.</summary>
    public void SendRows(InputLine line, ArraySpool.ByteReceiver take) => SendStates(line, layers, (index, rows) => take(index, Casts.ViewBytes(rows)));

    /// <summary>Hands on the states of all parts, those of the start token only once.</summary>
    private void SendStates(InputLine line, IReadOnlyList<StateLayer> wanted, RowReceiver take)
    {
        var repeated = 0; // numbers of rows that the parts before had, too
        tokens.SendParts(line, partLength, (part, _) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var states = reader.ReadLayers(part, wanted);
            for (var index = 0; index < wanted.Count; index++)
                take(index, states[index].AsSpan(repeated));
            repeated = reader.StartIds.Count * Width;
        });
    }

    /// <summary>Takes rows of the layer with an index, [S, D].</summary>
    private delegate void RowReceiver(int layer, ReadOnlySpan<float> rows);
}
