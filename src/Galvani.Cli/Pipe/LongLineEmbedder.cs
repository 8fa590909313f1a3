using Galvani.Cli.Output;
using Galvani.Embeddings;

namespace Galvani.Cli.Pipe;

/// <summary>
/// Vectors of long lines, whose tokens are never in memory together: once through the line for the vector, or for the rows of its tokens, and once for each list of tokens that is printed. Lines of
/// models with source features are left to others. Used by several threads.
/// </summary>
/// <param name="encoder">Makes the vectors.</param>
/// <param name="tokens">Cuts a line into pieces.</param>
/// <param name="limit">What happens to long lines.</param>
/// <param name="report">Counts.</param>
/// <param name="cancellationToken">Ends the work between two parts.</param>
internal sealed class LongLineEmbedder(SentenceEncoder encoder, LineTokens tokens, LineLimit limit, RunReport report, CancellationToken cancellationToken)
{
    private const int BlockLength = 1 << 12; // rows that are made together where they do not depend on each other

    /// <summary>Whether a line is for here.</summary>
    public bool Takes(InputLine line) => line.IsLong && encoder.Model.Config.FeatureCount == 0;

    /// <summary>Counts a line without working on it.</summary>
    /// <exception cref="Hosting.CommandException">The line is longer than the limit, and that is an error.</exception>
    public void Admit(InputLine line)
    {
        var counter = new PieceCounter(int.MaxValue);
        tokens.Send(line, counter);
        Admit(line, counter.Count);
    }

    /// <summary>The mean of a line within the limit, or of all parts of a split line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="vector">Overwritten; zeros for no tokens.</param>
    /// <returns>The number of the line's tokens.</returns>
    /// <exception cref="Hosting.CommandException">The line is longer than the limit, and that is an error.</exception>
    public int Embed(InputLine line, Span<float> vector) => encoder.CanPoolIds ? EmbedIds(line, vector) : EmbedParts(line, vector);

    /// <summary>Hands on the rows of a line's tokens, of a line that is cut those that are left.</summary>
    /// <returns>The number of rows.</returns>
    public int SendRows(InputLine line, Action<ReadOnlySpan<float>> take)
    {
        var hasOwnRows = !encoder.UsesPositions && !encoder.IsContextual; // no row depends on another, or on its place
        var rowCount = 0;
        SendKept(line, hasOwnRows ? Math.Min(BlockLength, limit.Maximum ?? BlockLength) : limit.Maximum ?? int.MaxValue, part =>
        {
            take(encoder.EncodeTokens(part));
            rowCount += part.Ids.Count;
        });
        return rowCount;
    }

    /// <summary>Prints the rows of a line's tokens.</summary>
    public void PrintRows(InputLine line, JsonText json)
    {
        json.BeginArray();
        SendRows(line, rows =>
        {
            for (var start = 0; start < rows.Length; start += encoder.Width)
                json.Vector(rows.Slice(start, encoder.Width));
        });
        json.EndArray();
    }

    /// <summary>Begins an object of a line: its text, and all its pieces and their ids.</summary>
    public void BeginObject(InputLine line, JsonText json)
    {
        var pieces = new JsonPieces(json, receiver => tokens.Send(line, receiver));
        json.BeginObject().Name("text").Text(line.Utf8.Span).Name("pieces");
        pieces.WritePieces();
        json.Name("ids");
        pieces.WriteIds();
    }

    private int EmbedIds(InputLine line, Span<float> vector)
    {
        var longVector = new LongLineVector(encoder, limit);
        tokens.Send(line, longVector);
        Admit(line, longVector.Count);
        longVector.Finish(vector);
        return longVector.Count;
    }

    private int EmbedParts(InputLine line, Span<float> vector)
    {
        Admit(line);
        var mean = new WeightedMean(encoder.Width);
        var count = SendKept(line, limit.Maximum ?? int.MaxValue, part => mean.Add(encoder.Encode(part), part.Ids.Count));
        if (count == 0)
            vector.Clear();
        else
            mean.CopyTo(vector);
        return count;
    }

    private void Admit(InputLine line, int count)
    {
        if (!limit.Admits(count, line.Number))
            report.CountLongLine();
        report.CountLine(count);
    }

    /// <summary>Hands on the parts of a line, of one that is not split what is within the limit.</summary>
    /// <returns>The number of the line's tokens.</returns>
    private int SendKept(InputLine line, int partLength, Action<TokenizedLine> take)
    {
        var left = limit.IsSplit ? int.MaxValue : limit.Maximum ?? int.MaxValue;
        return tokens.SendParts(line, partLength, (part, _) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (left == 0)
                return;
            var kept = part.Ids.Count <= left ? part : LineLimit.Part(part, 0, left);
            left -= kept.Ids.Count;
            take(kept);
        });
    }
}
