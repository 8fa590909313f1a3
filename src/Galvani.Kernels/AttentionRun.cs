using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// Scaled dot-product attention (Vaswani et al. 2017, 3.2) of many query rows, all heads, each over keys of its own and true to their number, shared out to threads; neither neighbours nor threads change
/// anything. Keys and values are rows of a table, named by their numbers, so that a cache is read where it lies. Allocates nothing once it has met a pass of this size. One pass at a time: each caller has its own.
/// </summary>
public sealed unsafe class AttentionRun : IParallelWork
{
    private const int RowsAtOnce = 4;

    // Below so many multiply-adds handing out work costs more than it saves.
    private const long SmallestShared = 100_000;

    private readonly WorkerPool? pool;
    private int[] starts = [];
    private Steps steps;
    private AttentionShape shape;
    private Table keys;
    private Table values;
    private float* queries;
    private float* weights;
    private float* context;
    private int* rows;
    private KeyRange* ranges;
    private int rowCount;
    private int stride;
    private float divisor;

    /// <param name="pool">Shares the work; null for the calling thread alone. Not owned.</param>
    public AttentionRun(WorkerPool? pool = null) => this.pool = pool;

    [Flags]
    private enum Steps
    {
        Scores = 1,
        Context = 2,
    }

    /// <summary>The elements that the scores of some rows have: H times the number of their keys.</summary>
    public static long WeightCount(KeyLists lists, AttentionShape shape)
    {
        var count = 0L;
        foreach (var range in lists.Ranges)
            count += range.Count;
        return count * shape.HeadCount;
    }

    /// <summary>Scores, soft-max and context of all rows.</summary>
    /// <param name="query">R queries, which are scaled in place.</param>
    /// <param name="keyTable">The table of keys.</param>
    /// <param name="valueTable">The table of values, with as many rows.</param>
    /// <param name="lists">Each row's keys.</param>
    /// <param name="heads">H, G and K.</param>
    /// <param name="attention">[H, N] of each row, one after the other, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a key lies outside the table.</exception>
    public void Attend(QueryRows query, RowTable keyTable, RowTable valueTable, KeyLists lists, AttentionShape heads, Span<float> attention) =>
        Run(Steps.Scores | Steps.Context, query, keyTable, valueTable, lists, heads, attention);

    /// <summary>The scores alone, so that the caller can add to them before <see cref="Complete"/>.</summary>
    /// <param name="query">R queries, which are scaled in place.</param>
    /// <param name="keyTable">The table of keys.</param>
    /// <param name="valueTable">The table of values, with as many rows.</param>
    /// <param name="lists">Each row's keys.</param>
    /// <param name="heads">H, G and K.</param>
    /// <param name="scores">[H, N] of each row, one after the other, overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a key lies outside the table.</exception>
    public void Score(QueryRows query, RowTable keyTable, RowTable valueTable, KeyLists lists, AttentionShape heads, Span<float> scores) =>
        Run(Steps.Scores, query, keyTable, valueTable, lists, heads, scores);

    /// <summary>Soft-max and context of scores.</summary>
    /// <param name="query">R queries.</param>
    /// <param name="keyTable">The table of keys.</param>
    /// <param name="valueTable">The table of values, with as many rows.</param>
    /// <param name="lists">Each row's keys.</param>
    /// <param name="heads">H, G and K.</param>
    /// <param name="attention">[H, N] of each row, one after the other: scores, which become weights.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or a key lies outside the table.</exception>
    public void Complete(QueryRows query, RowTable keyTable, RowTable valueTable, KeyLists lists, AttentionShape heads, Span<float> attention) =>
        Run(Steps.Context, query, keyTable, valueTable, lists, heads, attention);

    /// <inheritdoc/>
    void IParallelWork.Run(int chunk)
    {
        switch (InstructionSets.Current)
        {
            case InstructionSet.Avx512: Rows<Lanes512>(chunk * RowsAtOnce); break;
            case InstructionSet.Avx2: Rows<Lanes256>(chunk * RowsAtOnce); break;
            default: Rows<ScalarLanes>(chunk * RowsAtOnce); break;
        }
    }

    private void Run(Steps wanted, QueryRows query, RowTable keyTable, RowTable valueTable, KeyLists lists, AttentionShape heads, Span<float> attention)
    {
        Check(query, keyTable, valueTable, lists, heads);
        FindStarts(lists, heads, attention.Length);
        fixed (float* queryStart = query.Queries, contextStart = query.Context, weightStart = attention, keyStart = keyTable.Values, valueStart = valueTable.Values)
        fixed (int* rowNumbers = lists.Rows)
        fixed (KeyRange* rangeStart = lists.Ranges)
        {
            (steps, shape, rowCount, stride, divisor) = (wanted, heads, lists.Ranges.Length, query.Stride, query.Divisor);
            queries = queryStart;
            context = contextStart;
            weights = weightStart;
            rows = rowNumbers;
            ranges = rangeStart;
            keys = new Table(keyStart + keyTable.FirstColumn, keyTable.Stride);
            values = new Table(valueStart + valueTable.FirstColumn, valueTable.Stride);
            var chunkCount = (rowCount + RowsAtOnce - 1) / RowsAtOnce;
            if (pool is not null && attention.Length * (long)heads.HeadWidth >= SmallestShared)
                pool.Run(this, chunkCount);
            else
            {
                for (var chunk = 0; chunk < chunkCount; chunk++)
                    ((IParallelWork)this).Run(chunk);
            }
        }
    }

    private void Rows<TLanes>(int first)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var end = Math.Min(first + RowsAtOnce, rowCount);
        for (int row = first, together; row < end; row += together)
        {
            together = 1; // rows that see the same keys, as the hypotheses of a sentence or its source positions do
            while (row + together < end && ranges[row + together] == ranges[row])
                together++;
            var following = Math.Min(row + together, rowCount - 1);
            var attention = weights + starts[row];
            var count = ranges[row].Count;
            if ((steps & Steps.Scores) != 0)
            {
                Scale(row, together);
                var ownQueries = new AttentionRow.Rows(queries + (nint)row * stride, stride, together);
                AttentionRow.Scores<TLanes>(ownQueries, Rows(keys, row), (steps & Steps.Context) == 0 ? Rows(keys, following) : Rows(values, row), shape, attention);
            }

            if ((steps & Steps.Context) == 0)
                continue;
            for (var head = 0; head < together * shape.HeadCount; head++)
                SoftMax.Row<TLanes>(attention + (nint)head * count, count);
            var ownContexts = new AttentionRow.Rows(context + (nint)row * shape.QueryWidth, shape.QueryWidth, together);
            AttentionRow.Context<TLanes>(attention, Rows(values, row), Rows((steps & Steps.Scores) == 0 ? values : keys, following), shape, ownContexts);
        }
    }

    private void Scale(int first, int count)
    {
        if (divisor == 1)
            return;
        for (var row = first; row < first + count; row++)
        {
            var own = new Span<float>(queries + (nint)row * stride, shape.QueryWidth);
            TensorPrimitives.Divide(own, divisor, own);
        }
    }

    private AttentionRow.Keys Rows(Table table, int row) => new(table.Start, table.Stride, rows + ranges[row].First, ranges[row].Count);

    private void FindStarts(KeyLists lists, AttentionShape heads, int weightCount)
    {
        if (starts.Length < lists.Ranges.Length)
            starts = new int[Math.Max(lists.Ranges.Length, 2 * starts.Length)];
        var start = 0L;
        for (var row = 0; row < lists.Ranges.Length; row++)
        {
            starts[row] = (int)start;
            start += (long)lists.Ranges[row].Count * heads.HeadCount;
        }

        if (start != weightCount)
            throw new ArgumentException($"There is room for {weightCount} weights, expected {start}.", nameof(weightCount));
    }

    private static void Check(QueryRows query, RowTable keyTable, RowTable valueTable, KeyLists lists, AttentionShape heads)
    {
        var rowCount = lists.Ranges.Length;
        if (query.Stride < heads.QueryWidth || query.Queries.Length < (long)rowCount * query.Stride || query.Context.Length != (long)rowCount * heads.QueryWidth)
            throw new ArgumentException($"Queries of {query.Queries.Length} and a context of {query.Context.Length} elements do not fit {rowCount} rows of {heads.HeadCount} heads of {heads.HeadWidth}.", nameof(query));
        CheckTable(keyTable, heads);
        CheckTable(valueTable, heads);
        var tableRows = Math.Min(keyTable.Values.Length / keyTable.Stride, valueTable.Values.Length / valueTable.Stride);
        foreach (var range in lists.Ranges)
        {
            if (range.Count <= 0 || range.First < 0 || range.First > lists.Rows.Length - range.Count)
                throw new ArgumentException($"Keys {range.First} to {range.First + (long)range.Count} are not among {lists.Rows.Length}, or none.", nameof(lists));
        }

        foreach (var row in lists.Rows)
        {
            if ((uint)row >= (uint)tableRows)
                throw new ArgumentOutOfRangeException(nameof(lists), row, $"The table has {tableRows} rows.");
        }
    }

    /// <summary>Whether the heads lie inside the table's rows.</summary>
    private static void CheckTable(RowTable table, AttentionShape heads)
    {
        if (heads.KeyValueHeadCount < 1 || heads.KeyValueHeadCount > heads.HeadCount || table.FirstColumn < 0 || (long)table.FirstColumn + heads.KeyValueWidth > table.Stride)
            throw new ArgumentException($"Columns from {table.FirstColumn} on of rows of {table.Stride} hold no {heads.KeyValueHeadCount} heads of {heads.HeadWidth}.", nameof(table));
    }

    /// <summary>Columns of a table, pinned.</summary>
    private readonly struct Table(float* start, int stride)
    {
        public readonly float* Start = start;

        public readonly int Stride = stride;
    }
}
