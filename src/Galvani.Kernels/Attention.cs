using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// Scaled dot-product attention (Vaswani et al. 2017, 3.2) of one query row over the keys it may see, all heads. Keys and values are rows of a table, named by their
/// numbers, so that a cache is read where it lies. Between <see cref="Scores"/> and <see cref="Context"/> the caller adds what depends on positions and takes the soft-max.
/// </summary>
public static unsafe class Attention
{
    /// <summary>The product of the query with each key, per head. Each is summed in sixteen lanes along K, added in one fixed order.</summary>
    /// <param name="query">[H, K], scaled already.</param>
    /// <param name="keys">The table of keys.</param>
    /// <param name="rows">[S], the keys' rows.</param>
    /// <param name="shape">H, G and K.</param>
    /// <param name="scores">[H, S], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a row lies outside the table.</exception>
    public static void Scores(ReadOnlySpan<float> query, RowTable keys, ReadOnlySpan<int> rows, AttentionShape shape, Span<float> scores)
    {
        Check(query.Length, keys, rows, shape, scores.Length);
        fixed (float* queryStart = query, table = keys.Values, scoresStart = scores)
        fixed (int* rowNumbers = rows)
        {
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var query_h = queryStart + h * shape.HeadWidth;
                var key_h = new HeadRows(table + keys.FirstColumn + KeyValueHead(shape, h) * shape.HeadWidth, keys.Stride, rowNumbers, rows.Length, shape.HeadWidth);
                var scores_h = scoresStart + (nint)h * rows.Length;
                switch (InstructionSets.Current)
                {
                    case InstructionSet.Avx512: Scores<Lanes512>(query_h, key_h, scores_h); break;
                    case InstructionSet.Avx2: Scores<Lanes256>(query_h, key_h, scores_h); break;
                    default: Scores<ScalarLanes>(query_h, key_h, scores_h); break;
                }
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
    public static void Context(ReadOnlySpan<float> weights, RowTable values, ReadOnlySpan<int> rows, AttentionShape shape, Span<float> context)
    {
        Check(context.Length, values, rows, shape, weights.Length);
        fixed (float* contextStart = context, table = values.Values, weightsStart = weights)
        fixed (int* rowNumbers = rows)
        {
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var context_h = contextStart + h * shape.HeadWidth;
                var value_h = new HeadRows(table + values.FirstColumn + KeyValueHead(shape, h) * shape.HeadWidth, values.Stride, rowNumbers, rows.Length, shape.HeadWidth);
                var weights_h = weightsStart + (nint)h * rows.Length;
                switch (InstructionSets.Current)
                {
                    case InstructionSet.Avx512: Context<Lanes512>(weights_h, value_h, context_h); break;
                    case InstructionSet.Avx2: Context<Lanes256>(weights_h, value_h, context_h); break;
                    default: Context<ScalarLanes>(weights_h, value_h, context_h); break;
                }
            }
        }
    }

    private static int KeyValueHead(AttentionShape shape, int head) => (int)((long)head * shape.KeyValueHeadCount / shape.HeadCount);

    // Four keys at a time, so that an addition need not wait for the one before; each key's sum is the same alone.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Scores<TLanes>(float* query, in HeadRows keys, float* scores)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var s = 0;
        for (; s <= keys.Count - 4; s += 4)
        {
            TLanes sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            float* key0 = keys.Row(s), key1 = keys.Row(s + 1), key2 = keys.Row(s + 2), key3 = keys.Row(s + 3);
            var k = 0;
            for (; k <= keys.Width - LaneMath.LaneCount; k += LaneMath.LaneCount)
            {
                var part = TLanes.Load(query + k);
                sum0 = TLanes.MultiplyAdd(part, TLanes.Load(key0 + k), sum0);
                sum1 = TLanes.MultiplyAdd(part, TLanes.Load(key1 + k), sum1);
                sum2 = TLanes.MultiplyAdd(part, TLanes.Load(key2 + k), sum2);
                sum3 = TLanes.MultiplyAdd(part, TLanes.Load(key3 + k), sum3);
            }

            if (k < keys.Width)
            {
                var rest = keys.Width - k;
                var part = TLanes.LoadPartial(query + k, rest, filler: default);
                sum0 = TLanes.MultiplyAdd(part, TLanes.LoadPartial(key0 + k, rest, filler: default), sum0);
                sum1 = TLanes.MultiplyAdd(part, TLanes.LoadPartial(key1 + k, rest, filler: default), sum1);
                sum2 = TLanes.MultiplyAdd(part, TLanes.LoadPartial(key2 + k, rest, filler: default), sum2);
                sum3 = TLanes.MultiplyAdd(part, TLanes.LoadPartial(key3 + k, rest, filler: default), sum3);
            }

            (scores[s], scores[s + 1]) = (TLanes.Sum(sum0), TLanes.Sum(sum1));
            (scores[s + 2], scores[s + 3]) = (TLanes.Sum(sum2), TLanes.Sum(sum3));
        }

        for (; s < keys.Count; s++)
            scores[s] = Dot<TLanes>(query, keys.Row(s), keys.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot<TLanes>(float* left, float* right, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes sum = default;
        var k = 0;
        for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
            sum = TLanes.MultiplyAdd(TLanes.Load(left + k), TLanes.Load(right + k), sum);
        if (k < width)
            sum = TLanes.MultiplyAdd(TLanes.LoadPartial(left + k, width - k, filler: default), TLanes.LoadPartial(right + k, width - k, filler: default), sum);
        return TLanes.Sum(sum);
    }

    // The sums of up to 64 components stay in registers while all values pass.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Context<TLanes>(float* weights, in HeadRows values, float* context)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var k = 0;
        for (; k <= values.Width - 4 * LaneMath.LaneCount; k += 4 * LaneMath.LaneCount)
        {
            TLanes sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            for (var s = 0; s < values.Count; s++)
            {
                var weight = TLanes.Create(weights[s]);
                var value = values.Row(s) + k;
                sum0 = TLanes.MultiplyAdd(weight, TLanes.Load(value), sum0);
                sum1 = TLanes.MultiplyAdd(weight, TLanes.Load(value + LaneMath.LaneCount), sum1);
                sum2 = TLanes.MultiplyAdd(weight, TLanes.Load(value + 2 * LaneMath.LaneCount), sum2);
                sum3 = TLanes.MultiplyAdd(weight, TLanes.Load(value + 3 * LaneMath.LaneCount), sum3);
            }

            TLanes.Store(sum0, context + k);
            TLanes.Store(sum1, context + k + LaneMath.LaneCount);
            TLanes.Store(sum2, context + k + 2 * LaneMath.LaneCount);
            TLanes.Store(sum3, context + k + 3 * LaneMath.LaneCount);
        }

        for (; k <= values.Width - LaneMath.LaneCount; k += LaneMath.LaneCount)
        {
            TLanes sum = default;
            for (var s = 0; s < values.Count; s++)
                sum = TLanes.MultiplyAdd(TLanes.Create(weights[s]), TLanes.Load(values.Row(s) + k), sum);
            TLanes.Store(sum, context + k);
        }

        if (k < values.Width)
        {
            TLanes sum = default;
            for (var s = 0; s < values.Count; s++)
                sum = TLanes.MultiplyAdd(TLanes.Create(weights[s]), TLanes.LoadPartial(values.Row(s) + k, values.Width - k, filler: default), sum);
            TLanes.StorePartial(sum, context + k, values.Width - k);
        }
    }

    private static void Check(int rowWidth, RowTable table, ReadOnlySpan<int> rows, AttentionShape shape, int scoreCount)
    {
        Debug.Assert(shape.HeadWidth > 0, "heads have a width");
        if (rowWidth != shape.QueryWidth || scoreCount != (long)shape.HeadCount * rows.Length)
            throw new ArgumentException($"A row of {rowWidth} and {scoreCount} scores do not fit {shape.HeadCount} heads of {shape.HeadWidth} over {rows.Length} keys.", nameof(shape));
        CheckTable(table, shape);
        var rowCount = table.Values.Length / table.Stride;
        foreach (var row in rows)
        {
            if ((uint)row >= (uint)rowCount)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"The table has {rowCount} rows.");
        }
    }

    /// <summary>Whether the heads lie inside the table's rows.</summary>
    internal static void CheckTable(RowTable table, AttentionShape shape)
    {
        if (shape.KeyValueHeadCount < 1 || shape.KeyValueHeadCount > shape.HeadCount || table.FirstColumn < 0 || (long)table.FirstColumn + shape.KeyValueWidth > table.Stride)
            throw new ArgumentException($"Columns from {table.FirstColumn} on of rows of {table.Stride} hold no {shape.KeyValueHeadCount} heads of {shape.HeadWidth}.", nameof(table));
    }

    /// <summary>One head of some rows of a table.</summary>
    internal readonly struct HeadRows(float* start, int stride, int* rows, int count, int width)
    {
        /// <summary>The number of rows.</summary>
        public readonly int Count = count;

        /// <summary>K.</summary>
        public readonly int Width = width;

        // The head in the table's first row, the elements of a row, and the rows.
        private readonly float* start = start;
        private readonly nint stride = stride;
        private readonly int* rows = rows;

        /// <summary>The head in the s-th of the rows.</summary>
        public float* Row(int s) => start + rows[s] * stride;
    }
}
