using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// Scaled dot-product attention (Vaswani et al. 2017, 3.2) of one query row over the keys it may see, all heads. Keys and values are rows of a table, named by their
/// numbers, so that a cache is read where it lies. Between <see cref="Scores"/> and <see cref="Context"/> the caller adds what depends on positions and takes the soft-max.
/// </summary>
public static class Attention
{
    /// <summary>The product of the query with each key, per head. Each is summed in eight lanes along K, added in one fixed order.</summary>
    /// <param name="query">[H, K], scaled already.</param>
    /// <param name="keys">The table of keys.</param>
    /// <param name="rows">[S], the keys' rows.</param>
    /// <param name="shape">H, G and K.</param>
    /// <param name="scores">[H, S], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a row lies outside the table.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Scores(ReadOnlySpan<float> query, RowTable keys, ReadOnlySpan<int> rows, AttentionShape shape, Span<float> scores)
    {
        Check(query.Length, keys, rows, shape, scores.Length);
        fixed (float* queryStart = query, table = keys.Values)
        {
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var head = queryStart + h * shape.HeadWidth;
                var keyHead = table + keys.FirstColumn + KeyValueHead(shape, h) * shape.HeadWidth;
                var scores_h = scores.Slice(h * rows.Length, rows.Length);
                for (var s = 0; s < rows.Length; s++)
                    scores_h[s] = Dot(head, keyHead + (nint)rows[s] * keys.Stride, shape.HeadWidth);
            }
        }
    }

    /// <summary>The weighted sum of the values, per head, in order of the keys.</summary>
    /// <param name="weights">[H, S].</param>
    /// <param name="values">The table of values.</param>
    /// <param name="rows">[S], the values' rows.</param>
    /// <param name="shape">H, G and K.</param>
    /// <param name="context">[H, K], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a row lies outside the table.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Context(ReadOnlySpan<float> weights, RowTable values, ReadOnlySpan<int> rows, AttentionShape shape, Span<float> context)
    {
        Check(context.Length, values, rows, shape, weights.Length);
        context.Clear();
        fixed (float* contextStart = context, table = values.Values)
        {
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var head = contextStart + h * shape.HeadWidth;
                var valueHead = table + values.FirstColumn + KeyValueHead(shape, h) * shape.HeadWidth;
                var weights_h = weights.Slice(h * rows.Length, rows.Length);
                for (var s = 0; s < rows.Length; s++)
                    AddScaled(head, valueHead + (nint)rows[s] * values.Stride, weights_h[s], shape.HeadWidth);
            }
        }
    }

    private static int KeyValueHead(AttentionShape shape, int head) => (int)((long)head * shape.KeyValueHeadCount / shape.HeadCount);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe float Dot(float* left, float* right, int count)
    {
        var lanes = Vector256<float>.Zero;
        var k = 0;
        for (; k <= count - Vector256<float>.Count; k += Vector256<float>.Count)
            lanes = VectorMath.MultiplyAdd(Vector256.Load(left + k), Vector256.Load(right + k), lanes);
        var sum = VectorMath.Sum(lanes);
        for (; k < count; k++)
            sum += left[k] * right[k];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void AddScaled(float* sum, float* row, float weight, int count)
    {
        var factor = Vector256.Create(weight);
        var k = 0;
        for (; k <= count - Vector256<float>.Count; k += Vector256<float>.Count)
            VectorMath.MultiplyAdd(factor, Vector256.Load(row + k), Vector256.Load(sum + k)).Store(sum + k);
        for (; k < count; k++)
            sum[k] += weight * row[k];
    }

    private static void Check(int rowWidth, RowTable table, ReadOnlySpan<int> rows, AttentionShape shape, int scoreCount)
    {
        Debug.Assert(shape.HeadWidth > 0, "heads have a width");
        if (rowWidth != shape.QueryWidth || scoreCount != (long)shape.HeadCount * rows.Length)
            throw new ArgumentException($"A row of {rowWidth} and {scoreCount} scores do not fit {shape.HeadCount} heads of {shape.HeadWidth} over {rows.Length} keys.", nameof(shape));
        if (shape.KeyValueHeadCount < 1 || shape.KeyValueHeadCount > shape.HeadCount || table.FirstColumn < 0 || (long)table.FirstColumn + shape.KeyValueWidth > table.Stride)
            throw new ArgumentException($"Columns from {table.FirstColumn} on of rows of {table.Stride} hold no {shape.KeyValueHeadCount} heads of {shape.HeadWidth}.", nameof(table));
        var rowCount = table.Values.Length / table.Stride;
        foreach (var row in rows)
        {
            if ((uint)row >= (uint)rowCount)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"The table has {rowCount} rows.");
        }
    }
}
