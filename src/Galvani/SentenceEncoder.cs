using System.Buffers;
using System.Numerics.Tensors;
using Galvani.Embeddings;
using Galvani.Kernels;
using Galvani.Models.Layers;
using Galvani.Models.OpenNmt;

namespace Galvani;

/// <summary>
/// Vectors of sentences: from the static part of a model (token embedding and positional table, without running a layer), or from the states of a layer. Immutable; safe for use by several threads.
/// The model must stay open.
/// </summary>
public sealed class SentenceEncoder
{
    private readonly EmbeddingLayer embedding;
    private readonly StateReader states;
    private readonly RunningMeans? positionMeans; // where ids alone give a vector that has positions

    /// <param name="model">The model; not owned.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="Models.WeightMismatchException">The embedding's tensors are missing or do not fit.</exception>
    /// <exception cref="ArgumentException">Positions alone are asked for and the model has no table of them, or components beyond its width.</exception>
    public SentenceEncoder(NmtModel model, EmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        Options = options ?? new EmbeddingOptions();
        states = new StateReader(model);
        embedding = EmbeddingBinding.Source(model.Checkpoint, model.Config);
        if (Options.Parts == VectorParts.Positions && embedding.Positions is null)
            throw new ArgumentException("This model has no positional table, so there are no positional vectors.", nameof(options));
        if (IsContextual && Options.Parts != VectorParts.Sum)
            throw new ArgumentException($"Layer {Options.Layer} is asked for without positions or without tokens, a layer's states have both.", nameof(options));
        if (Options.Layer.Number >= states.LayerCount)
            throw new ArgumentException($"Layer {Options.Layer} is asked for, the model has {states.LayerCount}, numbered from 0.", nameof(options));
        if (Options.Dimensions is { } range && range.First + (long)range.Count > embedding.Width)
            throw new ArgumentException($"Components {range.First} to {range.First + (long)range.Count - 1} are asked for, the model's vectors have {embedding.Width}.", nameof(options));
        if (CanPoolIds && UsesPositions)
            positionMeans = new RunningMeans(embedding.Positions!.RowCount, embedding.Width);
    }

    /// <summary>The model.</summary>
    public NmtModel Model { get; }

    /// <summary>The options.</summary>
    public EmbeddingOptions Options { get; }

    /// <summary>D, the width of the model's token vectors.</summary>
    public int ModelWidth => embedding.Width;

    /// <summary>The width of the vectors that come out.</summary>
    public int Width => Options.Dimensions?.Count ?? embedding.Width;

    /// <summary>The most tokens a line may have: the rows of the positional table; null where there is no limit.</summary>
    public int? MaximumLength => !UsesPositions ? null : embedding.Positions!.RowCount - (IsContextual && Model.Config.Task == Models.ModelTask.LanguageModel ? 1 : 0);

    /// <summary>What token vectors are multiplied by.</summary>
    public float Scale => Options.Scaling == EmbeddingScaling.Model || IsContextual ? embedding.Scale : 1;

    /// <summary>Whether the vectors are those of a layer, which know the whole sentence.</summary>
    public bool IsContextual => Options.Layer != StateLayer.Static;

    /// <summary>Whether positional rows take part.</summary>
    public bool UsesPositions => embedding.Positions is not null && Options.Parts != VectorParts.Tokens;

    /// <summary>One row for each token.</summary>
    /// <param name="line">The tokens.</param>
    /// <returns>[S, <see cref="Width"/>], row-major; empty for no tokens.</returns>
    /// <exception cref="ArgumentException">There are more tokens than the positional table has rows.</exception>
    public float[] EncodeTokens(TokenizedLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var rows = Rows(line); // [S, D]
        if (Options.Dimensions is null && !Options.IsCentered)
            return rows;
        var cut = new float[line.Ids.Count * Width];
        for (var s = 0; s < line.Ids.Count; s++)
            Finish(rows.AsSpan(s * embedding.Width, embedding.Width)).CopyTo(cut, s * Width);
        return cut;
    }

    /// <summary>The mean of the tokens' rows.</summary>
    /// <param name="line">The tokens.</param>
    /// <returns>[<see cref="Width"/>]; empty for no tokens.</returns>
    /// <exception cref="ArgumentException">There are more tokens than the positional table has rows.</exception>
    public float[] Encode(TokenizedLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        if (line.Ids.Count == 0)
            return [];
        if (!CanPoolIds)
            return Finish(Pooling.Mean(Rows(line), embedding.Width));
        var vector = new float[Width];
        Encode([.. line.Ids], vector);
        return vector;
    }

    /// <summary>The mean of the tokens' rows, from ids alone: with nothing allocated once lines as long have been met, for bulk work. It is the mean of the token vectors, summed in
    /// float32 eight at a time and in double precision beyond, plus the mean of the positional rows (<see cref="EmbeddingMean"/>). The vector is that of <see cref="Encode(TokenizedLine)"/>.</summary>
    /// <param name="ids">[S], the tokens.</param>
    /// <param name="vector">[<see cref="Width"/>], overwritten; zeros for no tokens.</param>
    /// <exception cref="ArgumentException">There are more tokens than the positional table has rows, an id is no row of the embedding, or the vector has another width.</exception>
    /// <exception cref="InvalidOperationException">The model has source features, positions alone are asked for, or a layer is (see <see cref="CanPoolIds"/>).</exception>
    public void Encode(ReadOnlySpan<int> ids, Span<float> vector)
    {
        RequireIdsToSuffice();
        var sums = ArrayPool<double>.Shared.Rent(embedding.Width);
        Encode(ids, idsBefore: 0, sums.AsSpan(0, embedding.Width), vector);
        ArrayPool<double>.Shared.Return(sums);
    }

    /// <summary>Adds the vectors of parts of equal length to a mean, each as <see cref="Encode(ReadOnlySpan{int}, Span{float})"/> makes it and counting as often as it has tokens: for lines that are taken in many short parts.</summary>
    /// <param name="ids">The tokens of one or more parts, one part behind the other.</param>
    /// <param name="partLength">The tokens of a part.</param>
    /// <param name="mean">Takes the vectors; as wide as they are.</param>
    /// <exception cref="ArgumentException">The ids are no whole number of parts, parts are longer than the positional table, an id is no row of the embedding, or the mean has another width.</exception>
    /// <exception cref="InvalidOperationException">Ids alone give no vector (see <see cref="CanPoolIds"/>).</exception>
    public void EncodeParts(ReadOnlySpan<int> ids, int partLength, WeightedMean mean)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partLength);
        RequireIdsToSuffice();
        if (ids.Length % partLength != 0)
            throw new ArgumentException($"{ids.Length} ids are no whole number of parts of {partLength}.", nameof(ids));
        if (ids.IsEmpty)
            return;
        if (partLength <= EmbeddingMean.RowsOfRound && !Options.IsCentered)
        {
            AddShortParts(ids, partLength, mean);
            return;
        }

        var vector = new float[Width];
        for (; !ids.IsEmpty; ids = ids[partLength..])
        {
            Encode(ids[..partLength], vector);
            mean.Add(vector, partLength);
        }
    }

    /// <summary>Whether ids alone give a vector (<see cref="Encode(ReadOnlySpan{int}, Span{float})"/>): there are no source features, tokens take part, and no layer is run.</summary>
    public bool CanPoolIds => !IsContextual && embedding.FeatureCount == 0 && Options.Parts != VectorParts.Positions;

    /// <summary>The mean of the rows of a line of text.</summary>
    /// <param name="text">The line.</param>
    /// <returns>[<see cref="Width"/>]; empty for a line without tokens.</returns>
    /// <exception cref="ArgumentException">The line is too long, or the model cannot tokenise text.</exception>
    public float[] Encode(string text) => Encode(Model.Tokenize(text));

    /// <summary>The vector of a token of the vocabulary, as the table has it.</summary>
    /// <param name="id">The token's id.</param>
    /// <returns>[D of the words' table].</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public float[] TokenVector(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, embedding.Words.RowCount);
        using var use = new ModelUse(Model);
        return embedding.Words.Row(id).ToArray();
    }

    /// <summary>A row of the positional table.</summary>
    /// <param name="position">0-based.</param>
    /// <returns>[D].</returns>
    /// <exception cref="InvalidOperationException">The model has no positional table.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public float[] PositionVector(int position)
    {
        var table = embedding.Positions ?? throw new InvalidOperationException("This model has no positional table.");
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, table.RowCount);
        using var use = new ModelUse(Model);
        return table.Row(position).ToArray();
    }

    internal EmbeddingLayer Layer => embedding;

    /// <exception cref="InvalidOperationException">Ids alone give no vector.</exception>
    internal void RequireIdsToSuffice()
    {
        if (!CanPoolIds)
            throw new InvalidOperationException("Ids alone give no vector here: the model has source features, or positions alone or a layer are asked for.");
    }

    /// <summary>Adds rows of ids, of which more come, to the sums of a mean, as <see cref="EmbeddingMean.AddRows"/> does.</summary>
    internal void AddTo(Span<double> sums, ReadOnlySpan<int> ids, int idsBefore)
    {
        CheckIds(ids);
        using var use = new ModelUse(Model);
        EmbeddingMean.AddRows(embedding.Words.Rows, ids, idsBefore, sums);
    }

    /// <summary>The mean of the tokens' rows, the last of which are given and the others in the sums (<see cref="AddTo"/>).</summary>
    internal void Encode(ReadOnlySpan<int> lastIds, int idsBefore, Span<double> sums, Span<float> vector)
    {
        if (vector.Length != Width)
            throw new ArgumentException($"The vector has {vector.Length} components, expected {Width}.", nameof(vector));
        CheckLength(idsBefore + lastIds.Length);
        CheckIds(lastIds);
        if (lastIds.IsEmpty)
            vector.Clear();
        else
            Pool(lastIds, idsBefore, sums, vector);
    }

    internal void CheckLength(int count)
    {
        if (MaximumLength is { } maximum && count > maximum)
            throw new ArgumentException($"The line has {count} pieces, the positional table has {maximum} rows.");
    }

    /// <summary>Cuts a vector to the range, then centres it.</summary>
    internal float[] Finish(ReadOnlySpan<float> vector)
    {
        var result = Options.Dimensions is { } range ? range.Cut(vector) : vector.ToArray();
        if (Options.IsCentered)
            Pooling.Center(result);
        return result;
    }

    private void Pool(ReadOnlySpan<int> ids, int idsBefore, Span<double> sums, Span<float> vector)
    {
        using var use = new ModelUse(Model);
        var whole = Options.Dimensions is null ? [] : ArrayPool<float>.Shared.Rent(embedding.Width);
        var mean = Options.Dimensions is null ? vector : whole.AsSpan(0, embedding.Width); // [D]
        EmbeddingMean.OfLastRows(embedding.Words.Rows, ids, idsBefore, Scale, PositionOf(idsBefore + ids.Length), sums, mean);
        if (Options.Dimensions is { } range)
            mean.Slice(range.First, range.Count).CopyTo(vector);
        if (whole.Length > 0)
            ArrayPool<float>.Shared.Return(whole);
        if (Options.IsCentered)
            Pooling.Center(vector);
    }

    private void AddShortParts(ReadOnlySpan<int> ids, int partLength, WeightedMean mean)
    {
        CheckLength(partLength);
        CheckIds(ids);
        using var use = new ModelUse(Model);
        mean.AddMeans(embedding.Words.Rows, embedding.Width, ids, partLength, Scale, PositionOf(partLength), Options.Dimensions?.First ?? 0, Width);
    }

    /// <summary>The mean of the positional rows of so many tokens, [D]; empty without positions.</summary>
    private ReadOnlySpan<float> PositionOf(int count) => positionMeans is null ? [] : positionMeans.Of(embedding.Positions!.Rows, count);

    private float[] Rows(TokenizedLine line)
    {
        CheckLength(line.Ids.Count);
        CheckIds([.. line.Ids]);
        if (IsContextual)
            return line.Ids.Count == 0 ? [] : States(line);
        using var use = new ModelUse(Model);
        var rows = Options.Parts == VectorParts.Positions ? new float[line.Ids.Count * embedding.Width] : embedding.TokenVectors([.. line.Ids], line.Features); // [S, D]
        if (Scale != 1)
            TensorPrimitives.Multiply(rows, Scale, rows);
        if (UsesPositions)
        {
            var positions = embedding.Positions!.Rows[..rows.Length]; // [S, D]
            TensorPrimitives.Add(rows, positions, rows);
        }

        return rows;
    }

    /// <summary>[S, D]; the row of a language model's start token is left out.</summary>
    private float[] States(TokenizedLine line)
    {
        var rows = states.ReadLayers(line, [Options.Layer])[0];
        return rows[(rows.Length - line.Ids.Count * embedding.Width)..];
    }

    private void CheckIds(ReadOnlySpan<int> ids)
    {
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)embedding.Words.RowCount)
                throw new ArgumentException($"The id {id} is no row of the embedding, which has {embedding.Words.RowCount}: the vocabulary has {Model.SourceVocabulary.Count} tokens.", nameof(ids));
        }
    }
}
