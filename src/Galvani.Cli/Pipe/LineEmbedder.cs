using System.Collections.Concurrent;
using Galvani.Cli.Output;
using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>What a line becomes.</summary>
internal enum EmbeddedForm
{
    /// <summary>One vector, the mean of its tokens' rows.</summary>
    Mean,

    /// <summary>A row for each token.</summary>
    Tokens,
}

/// <summary>What is printed of a line.</summary>
internal enum EmbeddedText
{
    /// <summary>Nothing: the numbers go to a file.</summary>
    None,

    /// <summary>The numbers, as a JSON array.</summary>
    Numbers,

    /// <summary>A JSON object of text, pieces, ids and numbers.</summary>
    Object,
}

/// <summary>Turns batches of lines into vectors and the text that is printed of them. Used by several threads.</summary>
/// <param name="encoder">Makes the vectors.</param>
/// <param name="tokens">Cuts a line into pieces.</param>
/// <param name="limit">What happens to long lines.</param>
/// <param name="report">Counts.</param>
internal sealed class LineEmbedder(SentenceEncoder encoder, LineTokens tokens, LineLimit limit, RunReport report)
{
    private readonly ConcurrentBag<EmbeddedBatch> pool = [];
    private readonly ConcurrentBag<SentencePieceWorkspace> workspaces = []; // as many as batches are worked on at once: what a workspace has learnt of words stays in a core's cache

    /// <summary>What a line becomes.</summary>
    public EmbeddedForm Form { get; init; }

    /// <summary>What is printed of it.</summary>
    public EmbeddedText Text { get; init; }

    /// <summary>Whether the lines are text, which may go to ids without becoming pieces.</summary>
    public bool TakesText { get; init; }

    /// <summary>Works on a batch; the result goes back by <see cref="Return"/>.</summary>
    public EmbeddedBatch Embed(InputLine[] lines)
    {
        if (!pool.TryTake(out var batch))
            batch = new EmbeddedBatch();
        var json = new JsonText(batch.Text);
        var isStraight = TakesText && Form == EmbeddedForm.Mean && Text != EmbeddedText.Object && encoder.CanPoolIds;
        if (!workspaces.TryTake(out var workspace))
            workspace = new SentencePieceWorkspace();
        foreach (var line in lines)
        {
            if (isStraight)
                EmbedIds(line, workspace, batch, json);
            else
                EmbedPieces(line, batch, json);
        }

        workspaces.Add(workspace);
        return batch;
    }

    /// <summary>Takes a batch back.</summary>
    public void Return(EmbeddedBatch batch)
    {
        batch.Clear();
        pool.Add(batch);
    }

    private void EmbedIds(InputLine line, SentencePieceWorkspace workspace, EmbeddedBatch batch, JsonText json)
    {
        if (line.IsLong)
        {
            EmbedLong(line, batch, json);
            return;
        }

        var ids = encoder.Model.TokenizeToIds(line.Utf8.Span, workspace);
        var isWithinLimit = limit.Admits(ids.Length, line.Number);
        var vector = batch.Add(encoder.Width);
        if (isWithinLimit)
            encoder.Encode(ids, vector);
        else
        {
            var longVector = new LongLineVector(encoder, limit);
            foreach (var id in ids)
                longVector.Add(id);
            longVector.Finish(vector);
        }

        EndVector(vector, ids.Length, isWithinLimit, batch, json);
    }

    private void EmbedLong(InputLine line, EmbeddedBatch batch, JsonText json)
    {
        var longVector = new LongLineVector(encoder, limit);
        encoder.Model.TokenizeTo(line.Utf8.Span, longVector);
        var count = longVector.Count;
        var isWithinLimit = limit.Admits(count, line.Number);
        var vector = batch.Add(encoder.Width);
        longVector.Finish(vector);
        EndVector(vector, count, isWithinLimit, batch, json);
    }

    private void EndVector(ReadOnlySpan<float> vector, int pieceCount, bool isWithinLimit, EmbeddedBatch batch, JsonText json)
    {
        report.CountLine(pieceCount);
        if (!isWithinLimit)
            report.CountLongLine();
        batch.RowCounts.Add(pieceCount == 0 ? 0 : 1);
        if (Text != EmbeddedText.None)
            json.Vector(pieceCount == 0 ? [] : vector).EndLine();
    }

    private void EmbedPieces(InputLine line, EmbeddedBatch batch, JsonText json)
    {
        var tokenized = limit.OnLong == "error" ? tokens.Within(line.Utf8.Span, line.Number, limit, report).Whole : tokens.Of(line);
        report.CountLine(tokenized.Ids.Count);
        var values = limit.Encode(encoder, tokenized, Form, line.Number, report);
        batch.RowCounts.Add(values.Length / encoder.Width);
        if (values.Length == 0 && Form == EmbeddedForm.Mean)
            batch.Add(encoder.Width).Clear();
        else
            values.CopyTo(batch.Add(values.Length));
        if (Text != EmbeddedText.None)
            Print(line, tokenized, values, json);
    }

    private void Print(InputLine line, TokenizedLine tokenized, float[] values, JsonText json)
    {
        if (Text == EmbeddedText.Object)
        {
            json.BeginObject().Name("text").Text(line.Text).Name("pieces").Texts(tokenized.Pieces)
                .Name("ids").Numbers64(tokenized.Ids.Select(id => (long)id)).Name(Form == EmbeddedForm.Tokens ? "vectors" : "vector");
        }

        if (Form == EmbeddedForm.Tokens)
        {
            json.BeginArray();
            for (var start = 0; start < values.Length; start += encoder.Width)
                json.Vector(values.AsSpan(start, encoder.Width));
            json.EndArray();
        }
        else
            json.Vector(values);
        if (Text == EmbeddedText.Object)
            json.EndObject();
        json.EndLine();
    }
}
