using Galvani.Checkpoints.Numpy;
using Galvani.Cli.Output;
using Galvani.Embeddings;
using Galvani.Kernels;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Encodes lines that are split while they are written, so that neither their tokens nor their states are ever in memory together: once through the line for each list of tokens, and once through
/// the model for each layer. For one thread at a time.
/// </summary>
/// <param name="reader">The model.</param>
/// <param name="tokens">Cuts a line into pieces.</param>
/// <param name="layers">Which states.</param>
/// <param name="partLength">The tokens of a part.</param>
/// <param name="cancellationToken">Ends the work between two parts.</param>
internal sealed class LongLineEncoder(StateReader reader, LineTokens tokens, IReadOnlyList<StateLayer> layers, int partLength, CancellationToken cancellationToken)
{
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

    /// <summary>Prints a row for each token, for the first layer.</summary>
    public void PrintRows(InputLine line, JsonText json, StateLayer layer)
    {
        json.BeginArray();
        SendStates(line, [layer], (_, rows) =>
        {
            for (var start = 0; start < rows.Length; start += Width)
                json.Vector(rows.Slice(start, Width));
        });
        json.EndArray();
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

    /// <summary>Hands on the bytes of a layer's rows.</summary>
    /// <returns>The number of rows.</returns>
    public long SendRows(InputLine line, StateLayer layer, Action<ReadOnlySpan<byte>> take)
    {
        var count = 0L;
        SendStates(line, [layer], (_, rows) =>
        {
            take(Casts.ViewBytes(rows));
            count += rows.Length / Width;
        });
        return count;
    }

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
