using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>
/// The attention of a query, or of some that see the same keys, all heads, key by key: each row of the table is read from its beginning to its end, four rows side by side, while four rows further on are fetched (if there are no more,
/// the first of what is read afterwards). They go into the second-level cache: the first has too few misses under way at once to read at the speed of memory. A score is summed in sixteen lanes along K, added in one fixed
/// order; a context is summed in order of the keys.
/// </summary>
internal static unsafe class AttentionRow
{
    private const int KeysAtOnce = 4;
    private const int KeysAhead = 2 * KeysAtOnce;

    /// <summary>The products of queries with their keys.</summary>
    /// <param name="queries">The queries, each [H, K], so many rows apart.</param>
    /// <param name="keys">N keys.</param>
    /// <param name="next">What is read afterwards.</param>
    /// <param name="shape">H, G and K.</param>
    /// <param name="scores">[R, H, N], overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Scores<TLanes>(in Rows queries, in Keys keys, in Keys next, AttentionShape shape, float* scores)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (width, count) = (shape.HeadWidth, keys.Count);
        var scoreCount = (nint)shape.HeadCount * count;
        var s = 0;
        for (; s <= count - KeysAtOnce; s += KeysAtOnce)
        {
            float* row0 = keys.Row(s), row1 = keys.Row(s + 1), row2 = keys.Row(s + 2), row3 = keys.Row(s + 3);
            var ahead = keys.Ahead(s, next);
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var column = Column(shape, h);
                ahead.Prefetch(column, width);
                float* part = queries.Start + (nint)h * width, key0 = row0 + column, key1 = row1 + column, key2 = row2 + column, key3 = row3 + column;
                var own = scores + (nint)h * count + s;
                for (var query = 0; query < queries.Count; query++, part += queries.Stride, own += scoreCount)
                {
                    TLanes sum0 = default, sum1 = default, sum2 = default, sum3 = default;
                    var k = 0;
                    for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
                    {
                        var lanes = TLanes.Load(part + k);
                        sum0 = TLanes.MultiplyAdd(lanes, TLanes.Load(key0 + k), sum0);
                        sum1 = TLanes.MultiplyAdd(lanes, TLanes.Load(key1 + k), sum1);
                        sum2 = TLanes.MultiplyAdd(lanes, TLanes.Load(key2 + k), sum2);
                        sum3 = TLanes.MultiplyAdd(lanes, TLanes.Load(key3 + k), sum3);
                    }

                    if (k < width)
                    {
                        var rest = width - k;
                        var lanes = TLanes.LoadPartial(part + k, rest, filler: default);
                        sum0 = TLanes.MultiplyAdd(lanes, TLanes.LoadPartial(key0 + k, rest, filler: default), sum0);
                        sum1 = TLanes.MultiplyAdd(lanes, TLanes.LoadPartial(key1 + k, rest, filler: default), sum1);
                        sum2 = TLanes.MultiplyAdd(lanes, TLanes.LoadPartial(key2 + k, rest, filler: default), sum2);
                        sum3 = TLanes.MultiplyAdd(lanes, TLanes.LoadPartial(key3 + k, rest, filler: default), sum3);
                    }

                    TLanes.StoreSums(sum0, sum1, sum2, sum3, own);
                }
            }
        }

        for (var last = keys.Ahead(s, next); s < count; s++)
        {
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var column = Column(shape, h);
                last.Prefetch(column, width);
                for (var query = 0; query < queries.Count; query++)
                    scores[query * scoreCount + (nint)h * count + s] = Dot<TLanes>(queries.Row(query) + (nint)h * width, keys.Row(s) + column, width);
            }
        }
    }

    /// <summary>The weighted sums of values, in order of the keys.</summary>
    /// <param name="weights">[R, H, N].</param>
    /// <param name="values">N values.</param>
    /// <param name="next">What is read afterwards.</param>
    /// <param name="shape">H, G and K.</param>
    /// <param name="contexts">Where the contexts go, each [H, K], overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Context<TLanes>(float* weights, in Keys values, in Keys next, AttentionShape shape, in Rows contexts)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (width, count) = (shape.HeadWidth, values.Count);
        var weightCount = (nint)shape.HeadCount * count;
        if (count < KeysAtOnce) // else the first ones overwrite
        {
            for (var query = 0; query < contexts.Count; query++)
                new Span<float>(contexts.Row(query), shape.QueryWidth).Clear();
        }

        var s = 0;
        for (; s <= count - KeysAtOnce; s += KeysAtOnce)
        {
            float* row0 = values.Row(s), row1 = values.Row(s + 1), row2 = values.Row(s + 2), row3 = values.Row(s + 3);
            var ahead = values.Ahead(s, next);
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var column = Column(shape, h);
                ahead.Prefetch(column, width);
                float* sum = contexts.Start + (nint)h * width, value0 = row0 + column, value1 = row1 + column, value2 = row2 + column, value3 = row3 + column;
                var own = weights + (nint)h * count + s;
                for (var query = 0; query < contexts.Count; query++, sum += contexts.Stride, own += weightCount)
                {
                    TLanes weight0 = TLanes.Create(own[0]), weight1 = TLanes.Create(own[1]), weight2 = TLanes.Create(own[2]), weight3 = TLanes.Create(own[3]);
                    var k = 0;
                    for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
                    {
                        var lanes = TLanes.MultiplyAdd(weight0, TLanes.Load(value0 + k), s == 0 ? default : TLanes.Load(sum + k));
                        lanes = TLanes.MultiplyAdd(weight1, TLanes.Load(value1 + k), lanes);
                        lanes = TLanes.MultiplyAdd(weight2, TLanes.Load(value2 + k), lanes);
                        TLanes.Store(TLanes.MultiplyAdd(weight3, TLanes.Load(value3 + k), lanes), sum + k);
                    }

                    if (k < width)
                    {
                        var rest = width - k;
                        var lanes = TLanes.MultiplyAdd(weight0, TLanes.LoadPartial(value0 + k, rest, filler: default), s == 0 ? default : TLanes.LoadPartial(sum + k, rest, filler: default));
                        lanes = TLanes.MultiplyAdd(weight1, TLanes.LoadPartial(value1 + k, rest, filler: default), lanes);
                        lanes = TLanes.MultiplyAdd(weight2, TLanes.LoadPartial(value2 + k, rest, filler: default), lanes);
                        TLanes.StorePartial(TLanes.MultiplyAdd(weight3, TLanes.LoadPartial(value3 + k, rest, filler: default), lanes), sum + k, rest);
                    }
                }
            }
        }

        for (var last = values.Ahead(s, next); s < count; s++)
        {
            for (var h = 0; h < shape.HeadCount; h++)
            {
                var column = Column(shape, h);
                last.Prefetch(column, width);
                for (var query = 0; query < contexts.Count; query++)
                    Add<TLanes>(weights[query * weightCount + (nint)h * count + s], values.Row(s) + column, contexts.Row(query) + (nint)h * width, width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TLanes>(float weight, float* value, float* sum, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var weights = TLanes.Create(weight);
        var k = 0;
        for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
            TLanes.Store(TLanes.MultiplyAdd(weights, TLanes.Load(value + k), TLanes.Load(sum + k)), sum + k);
        if (k < width)
            TLanes.StorePartial(TLanes.MultiplyAdd(weights, TLanes.LoadPartial(value + k, width - k, filler: default), TLanes.LoadPartial(sum + k, width - k, filler: default)), sum + k, width - k);
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

    private static nint Column(AttentionShape shape, int head) =>
        shape.KeyValueHeadCount == shape.HeadCount ? (nint)head * shape.HeadWidth : (nint)((long)head * shape.KeyValueHeadCount / shape.HeadCount) * shape.HeadWidth;

    /// <summary>Some rows of a table, in order.</summary>
    internal readonly struct Keys(float* start, int stride, int* rows, int count)
    {
        /// <summary>N.</summary>
        public readonly int Count = count;

        // Where the first head begins in the table's first row, the elements of a row, and the rows.
        private readonly float* start = start;
        private readonly nint stride = stride;
        private readonly int* rows = rows;

        /// <summary>The first head in the s-th of the rows.</summary>
        public float* Row(int s) => start + rows[s] * stride;

        /// <summary>The four rows to be fetched while four others are read: so far ahead that memory has the time of eight rows.</summary>
        /// <param name="s">The first of the four.</param>
        /// <param name="next">What is read after these keys.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Ahead Ahead(int s, in Keys next)
        {
            s += KeysAhead;
            return s < Count ? Four(s) : next.Four(s - (Count + KeysAtOnce - 1) / KeysAtOnce * KeysAtOnce);
        }

        private Ahead Four(int s) => new(Row(Math.Min(s, Count - 1)), Row(Math.Min(s + 1, Count - 1)), Row(Math.Min(s + 2, Count - 1)), Row(Math.Min(s + 3, Count - 1)));
    }

    /// <summary>Four rows that will be read.</summary>
    internal readonly struct Ahead(float* row0, float* row1, float* row2, float* row3)
    {
        private readonly float* row0 = row0;
        private readonly float* row1 = row1;
        private readonly float* row2 = row2;
        private readonly float* row3 = row3;

        /// <summary>Fetches a head of each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(nint column, int width)
        {
            if (!Sse.IsSupported)
                return;
            for (var k = column; k < column + width; k += LaneMath.LaneCount)
            {
                Sse.Prefetch1(row0 + k);
                Sse.Prefetch1(row1 + k);
                Sse.Prefetch1(row2 + k);
                Sse.Prefetch1(row3 + k);
            }
        }
    }

    /// <summary>Rows of queries or contexts.</summary>
    /// <param name="start">The first.</param>
    /// <param name="stride">The elements from one to the next.</param>
    /// <param name="count">R.</param>
    internal readonly struct Rows(float* start, nint stride, int count)
    {
        public readonly float* Start = start;

        public readonly nint Stride = stride;

        /// <summary>R.</summary>
        public readonly int Count = count;

        public float* Row(int index) => Start + index * Stride;
    }
}
