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
/// <param name="cancellationToken">Ends the work on a long line.</param>
internal sealed class LineEmbedder(SentenceEncoder encoder, LineTokens tokens, LineLimit limit, RunReport report, CancellationToken cancellationToken)
{
    private readonly ConcurrentBag<EmbeddedBatch> pool = [];
    private readonly ConcurrentBag<SentencePieceWorkspace> workspaces = []; // as many as batches are worked on at once: what a workspace has learnt of words stays in a core's cache
    private readonly LongLineEmbedder longLines = new(encoder, tokens, limit, report, cancellationToken);

    /// <summary>What a line becomes.</summary>
    public EmbeddedForm Form { get; init; }

    /// <summary>What is printed of it.</summary>
    public EmbeddedText Text { get; init; }

    /// <summary>Whether the lines are text, which may go to ids without becoming pieces.</summary>
    public bool TakesText { get; init; }

    /// <summary>Works on lines; the results go back by <see cref="Return"/>.</summary>
    /// <returns>What became of the lines, in order: together, or those around a <see cref="LaterLine"/>.</returns>
    public IReadOnlyList<EmbeddedBatch> Embed(InputLine[] lines)
    {
        var batch = TakeBatch();
        var batches = new List<EmbeddedBatch>(1) { batch };
        var isStraight = TakesText && Form == EmbeddedForm.Mean && Text != EmbeddedText.Object && encoder.CanPoolIds;
        if (!workspaces.TryTake(out var workspace))
            workspace = new SentencePieceWorkspace();
        foreach (var line in lines)
        {
            if (longLines.Takes(line))
            {
                if (TryEmbedLong(line, batch, out var later))
                    continue;
                batches.Add(new EmbeddedBatch { Later = later });
                batches.Add(batch = TakeBatch());
            }
            else if (isStraight)
                EmbedIds(line, workspace, batch);
            else
                EmbedPieces(line, batch);
        }

        workspaces.Add(workspace);
        return batches;
    }

    /// <summary>Takes a batch back.</summary>
    public void Return(EmbeddedBatch batch)
    {
        if (batch.Later is not null)
            return;
        batch.Clear();
        pool.Add(batch);
    }

    private EmbeddedBatch TakeBatch() => pool.TryTake(out var batch) ? batch : new EmbeddedBatch();

    /// <summary>Works on a long line; what would be too much to keep of it is left for later.</summary>
    private bool TryEmbedLong(InputLine line, EmbeddedBatch batch, out LaterLine? later)
    {
        later = null;
        if (Form == EmbeddedForm.Tokens)
        {
            longLines.Admit(line);
            later = new LaterLine(longLines, line, Text, mean: null);
            return false;
        }

        var vector = Text == EmbeddedText.Object ? new float[encoder.Width] : batch.Add(encoder.Width);
        var count = longLines.Embed(line, vector);
        if (Text == EmbeddedText.Object)
        {
            later = new LaterLine(longLines, line, Text, count == 0 ? [] : vector.ToArray());
            return false;
        }

        EndVector(vector, count, batch);
        return true;
    }

    private void EmbedIds(InputLine line, SentencePieceWorkspace workspace, EmbeddedBatch batch)
    {
        var ids = encoder.Model.TokenizeToIds(line.Utf8.Span, workspace, cancellationToken);
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
            report.CountLongLine();
        }

        report.CountLine(ids.Length);
        EndVector(vector, ids.Length, batch);
    }

    private void EndVector(ReadOnlySpan<float> vector, int pieceCount, EmbeddedBatch batch)
    {
        batch.RowCounts.Add(pieceCount == 0 ? 0 : 1);
        if (Text != EmbeddedText.None)
            batch.Json.Vector(pieceCount == 0 ? [] : vector).EndLine();
    }

    private void EmbedPieces(InputLine line, EmbeddedBatch batch)
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
            Print(line, tokenized, values, batch.Json);
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
