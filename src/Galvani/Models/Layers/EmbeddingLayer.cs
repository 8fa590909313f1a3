using System.Numerics.Tensors;
using Galvani.Kernels;

namespace Galvani.Models.Layers;

/// <summary>
/// The embedding of tokens (Vaswani et al. 2017, 3.4 and 3.5): a word vector, merged with feature vectors where there are any; if the model has a positional table,
/// multiplied by sqrt(D) and the row of the position added.
/// </summary>
internal sealed class EmbeddingLayer
{
    private readonly IReadOnlyList<EmbeddingTable> tables;
    private readonly FeatureMerge merge;
    private readonly float[] projection;
    private readonly float[] projectionBias;

    /// <param name="tables">The words' table, then one for each feature.</param>
    /// <param name="merge">How features are merged.</param>
    /// <param name="projection">[D, sum of widths] of <see cref="FeatureMerge.Projection"/>, else empty.</param>
    /// <param name="projectionBias">[D], else empty.</param>
    /// <param name="positions">The positional table, or null.</param>
    public EmbeddingLayer(IReadOnlyList<EmbeddingTable> tables, FeatureMerge merge, float[] projection, float[] projectionBias, EmbeddingTable? positions)
    {
        (this.tables, this.merge, this.projection, this.projectionBias, Positions) = (tables, merge, projection, projectionBias, positions);
        Width = merge switch
        {
            FeatureMerge.Concatenate => tables.Sum(table => table.Width),
            FeatureMerge.Projection when projectionBias.Length > 0 => projectionBias.Length,
            _ => tables[0].Width,
        };
    }

    /// <summary>D, the width of an embedded token.</summary>
    public int Width { get; }

    /// <summary>The number of features beside the word.</summary>
    public int FeatureCount => tables.Count - 1;

    /// <summary>The words' table.</summary>
    public EmbeddingTable Words => tables[0];

    /// <summary>The positional table, or null.</summary>
    public EmbeddingTable? Positions { get; }

    /// <summary>What token vectors are multiplied by before positions are added: sqrt(D) with a positional table, else 1.</summary>
    public float Scale => Positions is null ? 1 : MathF.Sqrt(Width);

    /// <summary>The token vectors, not scaled, without positions.</summary>
    /// <param name="ids">[S], the words.</param>
    /// <param name="features">For each feature its ids, [S].</param>
    /// <returns>[S, D].</returns>
    public float[] TokenVectors(ReadOnlySpan<int> ids, IReadOnlyList<int[]> features)
    {
        var rows = new float[ids.Length * Width]; // [S, D]
        Merge(ids, features, rows);
        return rows;
    }

    /// <summary>The model's own embedding of a sentence: token vectors times <see cref="Scale"/> plus the rows of positions 0, 1, ...</summary>
    /// <param name="ids">[S], the words.</param>
    /// <param name="features">For each feature its ids, [S].</param>
    /// <param name="rows">[S, D], overwritten.</param>
    public void Embed(ReadOnlySpan<int> ids, IReadOnlyList<int[]> features, Span<float> rows)
    {
        Merge(ids, features, rows);
        for (var s = 0; s < ids.Length; s++)
            AddPosition(s, rows.Slice(s * Width, Width));
    }

    /// <summary>The model's own embedding of one token without features.</summary>
    /// <param name="id">The word.</param>
    /// <param name="position">0-based.</param>
    /// <param name="row">[D], overwritten.</param>
    public void Embed(int id, int position, Span<float> row)
    {
        tables[0].ReadRow(id, row);
        AddPosition(position, row);
    }

    /// <summary>Refuses what has no row.</summary>
    /// <param name="ids">[S], the words.</param>
    /// <param name="features">For each feature its ids, [S].</param>
    /// <exception cref="ArgumentException">The sentence is longer than the positional table, a feature list has another length or is missing, or an id is no row of its table.</exception>
    public void Check(ReadOnlySpan<int> ids, IReadOnlyList<int[]> features)
    {
        if (Positions is not null && ids.Length > Positions.RowCount)
            throw new ArgumentException($"The sentence has {ids.Length} tokens, the positional table has {Positions.RowCount} rows.", nameof(ids));
        if (features.Count != FeatureCount)
            throw new ArgumentException($"The sentence has {features.Count} features, the model {FeatureCount}.", nameof(features));
        CheckRows(ids, tables[0]);
        for (var feature = 0; feature < FeatureCount; feature++)
        {
            if (features[feature].Length != ids.Length)
                throw new ArgumentException($"Feature {feature + 1} has {features[feature].Length} values for {ids.Length} tokens.", nameof(features));
            CheckRows(features[feature], tables[feature + 1]);
        }
    }

    private static void CheckRows(ReadOnlySpan<int> ids, EmbeddingTable table)
    {
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)table.RowCount)
                throw new ArgumentException($"The id {id} is no row of an embedding of {table.RowCount}.", nameof(ids));
        }
    }

    private void AddPosition(int position, Span<float> row)
    {
        if (Positions is null)
            return;
        TensorPrimitives.Multiply(row, Scale, row);
        TensorPrimitives.Add(row, Positions.Row(position), row);
    }

    private void Merge(ReadOnlySpan<int> ids, IReadOnlyList<int[]> features, Span<float> rows)
    {
        var parts = merge == FeatureMerge.Projection ? new float[tables.Sum(table => table.Width)] : [];
        for (var s = 0; s < ids.Length; s++)
        {
            var row = rows.Slice(s * Width, Width); // [D]
            if (merge == FeatureMerge.Sum || FeatureCount == 0)
                SumInto(row, ids[s], features, s);
            else if (merge == FeatureMerge.Concatenate)
                ConcatenateInto(row, ids[s], features, s);
            else
            {
                ConcatenateInto(parts, ids[s], features, s); // [sum of widths]
                Project(parts, row);
            }
        }
    }

    private void SumInto(Span<float> row, int id, IReadOnlyList<int[]> features, int s)
    {
        tables[0].ReadRow(id, row);
        for (var feature = 0; feature < FeatureCount; feature++)
            TensorPrimitives.Add(row, tables[feature + 1].Row(features[feature][s]), row);
    }

    private void ConcatenateInto(Span<float> parts, int id, IReadOnlyList<int[]> features, int s)
    {
        tables[0].ReadRow(id, parts[..tables[0].Width]);
        var start = tables[0].Width;
        for (var feature = 0; feature < FeatureCount; feature++)
        {
            tables[feature + 1].Row(features[feature][s]).CopyTo(parts[start..]);
            start += tables[feature + 1].Width;
        }
    }

    private void Project(ReadOnlySpan<float> parts, Span<float> row)
    {
        for (var d = 0; d < row.Length; d++)
            row[d] = Math.Max(0, (float)(Reductions.Dot(projection.AsSpan(d * parts.Length, parts.Length), parts) + projectionBias[d]));
    }
}
