namespace Galvani.Kernels.Tests;

/// <summary>Attention of many rows against a twin in double precision; alone, together, and by several threads.</summary>
public sealed class AttentionRunTests
{
    private static readonly int[] keyRows = [4, 0, 2, 2, 1, 6, 3, 5, 0, 4, 1];

    private static Random Seeded => new(17);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(4, 2)]
    [InlineData(6, 4)]
    [InlineData(3, 1)]
    public void Attend_EveryHeadWidth_EqualsTheTwin(int headCount, int keyValueHeadCount)
    {
        KeyRange[] ranges = [new(0, 1), new(2, 4), new(0, 11), new(5, 3), new(1, 9)];
        for (var headWidth = 1; headWidth <= 70; headWidth++)
        {
            var pass = new Pass(new AttentionShape(headCount, keyValueHeadCount, headWidth), ranges);
            var (attention, context) = pass.Attend(pool: null);
            var (expectedAttention, expectedContext) = pass.Twin();
            KernelData.Within(expectedAttention, attention, _ => 2e-5, $"weights of {headWidth}");
            KernelData.Within(expectedContext, context, _ => 5e-5, $"context of {headWidth}");
        }
    }

    [Fact]
    public void Attend_RowsAloneOrByThreads_GivesTheSameBits()
    {
        var ranges = Enumerable.Range(0, 67).Select(i => new KeyRange(i % 4, 1 + i % 7)).ToArray();
        var pass = new Pass(new AttentionShape(8, 8, 80), ranges);
        var (attention, context) = pass.Attend(pool: null);
        using var pool = new WorkerPool(3);
        var shared = pass.Attend(pool);
        Assert.Equal(attention, shared.Attention);
        Assert.Equal(context, shared.Context);
        for (int row = 0, start = 0; row < ranges.Length; start += 8 * ranges[row].Count, row++)
        {
            var alone = pass.Only(row).Attend(pool: null);
            Assert.Equal(attention[start..(start + 8 * ranges[row].Count)], alone.Attention);
            Assert.Equal(context[(row * 640)..((row + 1) * 640)], alone.Context);
        }
    }

    [Fact]
    public void ScoreThenComplete_IsAttend()
    {
        var pass = new Pass(new AttentionShape(2, 2, 24), [new KeyRange(0, 5), new KeyRange(3, 8)]);
        var together = pass.Attend(pool: null);
        var apart = pass.Run(pool: null, (run, query, keys, values, lists, weights) =>
        {
            run.Score(query, keys, values, lists, pass.Shape, weights);
            run.Complete(query, keys, values, lists, pass.Shape, weights);
        });
        Assert.Equal(together.Attention, apart.Attention);
        Assert.Equal(together.Context, apart.Context);
    }

    [Fact]
    public void Attend_QueriesToBeDivided_EqualsQueriesDividedBefore()
    {
        var shape = new AttentionShape(2, 2, 12);
        var ranges = Enumerable.Range(0, 9).Select(i => new KeyRange(i % 3, 1 + i % 5)).ToArray();
        var table = KernelData.Normal(Seeded, 7 * shape.QueryWidth);
        var queries = KernelData.Normal(Seeded, ranges.Length * shape.QueryWidth);
        var divided = queries.Select(value => value / 3f).ToArray();
        var (expected, actual) = (new float[divided.Length], new float[divided.Length]);
        Attend(divided, divisor: 1, expected);
        Attend(queries, divisor: 3, actual);
        Assert.Equal(expected, actual);
        Assert.Equal(divided, queries); // each once, in place

        void Attend(float[] rows, float divisor, float[] context) => new AttentionRun().Attend(
            new QueryRows(rows, shape.QueryWidth, context) { Divisor = divisor }, new RowTable(table, shape.QueryWidth, 0), new RowTable(table, shape.QueryWidth, 0), new KeyLists(keyRows, ranges), shape,
            new float[shape.HeadCount * ranges.Sum(range => range.Count)]);
    }

    [Fact]
    public void Attend_ArgumentsThatDoNotFit_AreRefused()
    {
        var shape = new AttentionShape(1, 1, 2);
        var run = new AttentionRun();
        void Attend(int queryCount, int column, int keyRow, KeyRange range, int weightCount) => run.Attend(
            new QueryRows(new float[queryCount], 2, new float[2]), new RowTable(new float[4], 2, column), new RowTable(new float[4], 2, 0), new KeyLists([keyRow], [range]), shape, new float[weightCount]);
        Attend(2, 0, 1, new KeyRange(0, 1), 1);
        Assert.Throws<ArgumentException>(() => Attend(1, 0, 1, new KeyRange(0, 1), 1));
        Assert.Throws<ArgumentException>(() => Attend(2, 1, 1, new KeyRange(0, 1), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Attend(2, 0, 2, new KeyRange(0, 1), 1));
        Assert.Throws<ArgumentException>(() => Attend(2, 0, 1, new KeyRange(0, 0), 0));
        Assert.Throws<ArgumentException>(() => Attend(2, 0, 1, new KeyRange(1, 1), 1));
        Assert.Throws<ArgumentException>(() => Attend(2, 0, 1, new KeyRange(0, 1), 2));
    }

    private delegate void Work(AttentionRun run, QueryRows query, RowTable keys, RowTable values, KeyLists lists, Span<float> weights);

    /// <summary>Queries, a table of keys and values with columns in front that are not meant, and each row's keys.</summary>
    private sealed class Pass
    {
        private const int TableRows = 7;
        private const int FirstColumn = 2;
        private readonly KeyRange[] ranges;
        private readonly float[] queries;
        private readonly float[] table;
        private readonly int queryStride;
        private readonly int tableStride;

        public Pass(AttentionShape shape, KeyRange[] ranges)
        {
            (Shape, this.ranges) = (shape, ranges);
            (queryStride, tableStride) = (shape.QueryWidth + 5, FirstColumn + 2 * shape.KeyValueWidth);
            queries = KernelData.Normal(Seeded, ranges.Length * queryStride, scale: 0.3);
            table = KernelData.Normal(Seeded, TableRows * tableStride);
        }

        private Pass(Pass all, int row)
        {
            (Shape, ranges, table, queryStride, tableStride) = (all.Shape, [all.ranges[row]], all.table, all.queryStride, all.tableStride);
            queries = all.queries[(row * queryStride)..((row + 1) * queryStride)];
        }

        public AttentionShape Shape { get; }

        public Pass Only(int row) => new(this, row);

        public (float[] Attention, float[] Context) Attend(WorkerPool? pool) =>
            Run(pool, (run, query, keys, values, lists, weights) => run.Attend(query, keys, values, lists, Shape, weights));

        public (float[] Attention, float[] Context) Run(WorkerPool? pool, Work work)
        {
            var context = Array.Empty<float>();
            var attention = KernelData.Run(Shape.HeadCount * ranges.Sum(range => range.Count), weights => context = KernelData.Run(ranges.Length * Shape.QueryWidth, sums => work(
                new AttentionRun(pool), new QueryRows(queries, queryStride, sums.Span), new RowTable(table, tableStride, FirstColumn), new RowTable(table, tableStride, FirstColumn + Shape.KeyValueWidth),
                new KeyLists(keyRows, ranges), weights.Span)));
            return (attention, context);
        }

        public (List<double> Attention, List<double> Context) Twin()
        {
            var (attention, context) = (new List<double>(), new List<double>());
            for (var row = 0; row < ranges.Length; row++)
            {
                for (var h = 0; h < Shape.HeadCount; h++)
                {
                    var powers = Keys(row).Select(key => Math.Exp(Enumerable.Range(0, Shape.HeadWidth).Sum(k => (double)queries[row * queryStride + h * Shape.HeadWidth + k] * Element(key, h, k, FirstColumn)))).ToArray();
                    var weights = powers.Select(power => power / powers.Sum()).ToArray();
                    attention.AddRange(weights);
                    context.AddRange(Enumerable.Range(0, Shape.HeadWidth).Select(k => Keys(row).Select((key, s) => weights[s] * Element(key, h, k, FirstColumn + Shape.KeyValueWidth)).Sum()));
                }
            }

            return (attention, context);
        }

        private int[] Keys(int row) => keyRows[ranges[row].First..(ranges[row].First + ranges[row].Count)];

        private double Element(int key, int head, int k, int firstColumn) => table[key * tableStride + firstColumn + head * Shape.KeyValueHeadCount / Shape.HeadCount * Shape.HeadWidth + k];
    }
}
