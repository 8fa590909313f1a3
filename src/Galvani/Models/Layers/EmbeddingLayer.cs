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
        var parts = new float[tables.Sum(table => table.Width)];
        for (var s = 0; s < ids.Length; s++)
        {
            var row = rows.AsSpan(s * Width, Width); // [D]
            if (merge == FeatureMerge.Sum || FeatureCount == 0)
                SumInto(row, ids[s], features, s);
            else
            {
                ConcatenateInto(parts, ids[s], features, s); // [sum of widths]
                if (merge == FeatureMerge.Projection)
                    Project(parts, row);
                else
                    parts.CopyTo(row);
            }
        }

        return rows;
    }

    /// <summary>The model's own embedding: token vectors times <see cref="Scale"/> plus the rows of consecutive positions.</summary>
    /// <param name="ids">[S], the words.</param>
    /// <param name="features">For each feature its ids, [S].</param>
    /// <param name="firstPosition">The position of the first token.</param>
    /// <returns>[S, D].</returns>
    public float[] Embed(ReadOnlySpan<int> ids, IReadOnlyList<int[]> features, int firstPosition)
    {
        var rows = TokenVectors(ids, features); // [S, D]
        if (Positions is null)
            return rows;
        for (var s = 0; s < ids.Length; s++)
        {
            var row = rows.AsSpan(s * Width, Width);
            TensorPrimitives.Multiply(row, Scale, row);
            TensorPrimitives.Add(row, Positions.Row(firstPosition + s), row);
        }

        return rows;
    }

    private void SumInto(Span<float> row, int id, IReadOnlyList<int[]> features, int s)
    {
        tables[0].Row(id).CopyTo(row);
        for (var feature = 0; feature < FeatureCount; feature++)
            TensorPrimitives.Add(row, tables[feature + 1].Row(features[feature][s]), row);
    }

    private void ConcatenateInto(Span<float> parts, int id, IReadOnlyList<int[]> features, int s)
    {
        tables[0].Row(id).CopyTo(parts);
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
