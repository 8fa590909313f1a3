namespace Galvani.Kernels.Tests;

/// <summary>The mean of embedded tokens against a scalar twin, bit by bit: the order and the roundings are part of the contract.</summary>
public sealed class EmbeddingMeanTests
{
    private const int RowCount = 11;
    private const int LongestLine = 19;
    private const float Guard = -12345.678f;

    [Theory]
    [InlineData(1f)]
    [InlineData(27.712813f)]
    public void OfRows_EveryWidth_EqualsTheTwin(float scale)
    {
        for (var width = 1; width <= 257; width++)
        {
            var table = Numbers(RowCount * width, seed: width);
            var position = Numbers(width, seed: -width);
            for (var count = 1; count <= LongestLine; count++)
            {
                int[] ids = [.. Enumerable.Range(0, count).Select(s => (s * 7 + width) % RowCount)];
                Check(table, ids, scale, position, width);
                Check(table, ids, scale, [], width);
            }
        }
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(129)]
    [InlineData(200)]
    public void OfRows_MoreRowsThanARound_EqualsTheTwin(int count)
    {
        foreach (var width in (int[])[1, 15, 16, 17, 40, 96])
        {
            int[] ids = [.. Enumerable.Range(0, count).Select(s => s * 7 % RowCount)];
            Check(Numbers(RowCount * width, seed: width), ids, scale: 3, Numbers(width, seed: -width), width);
        }
    }

    [Theory]
    [InlineData(64, 1)]
    [InlineData(64, 64)]
    [InlineData(128, 65)]
    [InlineData(192, 200)]
    public void OfLastRows_RowsBeforeWereAdded_GivesTheMeanOfAllRows(int countBefore, int count)
    {
        foreach (var width in (int[])[1, 15, 16, 17, 40, 96])
        {
            var (table, position) = (Numbers(RowCount * width, seed: width), Numbers(width, seed: -width));
            int[] ids = [.. Enumerable.Range(0, countBefore + count).Select(s => s * 7 % RowCount)];
            var (sums, mean) = (new double[width], new float[width]);
            Array.Fill(sums, double.NaN); // what is in them at first means nothing
            EmbeddingMean.AddRows(table, ids.AsSpan(0, 64), rowsBefore: 0, sums);
            if (countBefore > 64)
                EmbeddingMean.AddRows(table, ids.AsSpan(64, countBefore - 64), rowsBefore: 64, sums);
            EmbeddingMean.OfLastRows(table, ids.AsSpan(countBefore), countBefore, scale: 3, position, sums, mean);
            Assert.Equal(Twin(table, ids, scale: 3, position, width), mean);
        }
    }

    [Fact]
    public void AddRows_WrongSizes_AreRefused()
    {
        var (table, sums, round) = (new float[12], new double[4], new int[EmbeddingMean.RowsOfRound]);
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddRows(table, [], rowsBefore: 0, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddRows(table, [0, 1], rowsBefore: 0, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddRows(table, round, rowsBefore: 1, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddRows(table, round, rowsBefore: -64, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddRows(table, round, rowsBefore: 0, new double[5]));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfLastRows(table, [0], rowsBefore: 1, 1, [], sums, new float[4]));
        round[^1] = 3;
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingMean.AddRows(table, round, rowsBefore: 0, sums));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(27.712813f)]
    public void AddMeans_EveryLengthOfParts_EqualsMeansThatAreAddedOneByOne(float scale)
    {
        foreach (var width in (int[])[1, 15, 16, 17, 40, 96, 131])
        {
            var table = Numbers(RowCount * width, seed: width);
            table[width / 2] = -0f;
            var position = Numbers(width, seed: -width);
            foreach (var partLength in (int[])[1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 63, 64])
            {
                foreach (var partCount in (int[])[1, 2, 300])
                {
                    int[] ids = [.. Enumerable.Range(0, partCount * partLength).Select(s => (s * 7 + s / 11) % RowCount)];
                    CheckMeans(table, width, ids, partLength, scale, position, firstColumn: 0, columnCount: width);
                    CheckMeans(table, width, ids, partLength, scale, [], width / 3, width - width / 2);
                }
            }
        }
    }

    /// <summary>Parts of one row whose ids come again, some of them with others between that end in the same byte.</summary>
    [Fact]
    public void AddMeans_OneRowIdsOfOneByte_EqualsMeansThatAreAddedOneByOne()
    {
        const int Width = 35;
        var table = Numbers(1100 * Width, seed: 3);
        int[] ids = [.. Enumerable.Range(0, 700).Select(s => s % 3 == 0 ? 7 : s < 300 ? 7 + 256 * (s % 4) : s * 37 % 1100)];
        CheckMeans(table, Width, ids, partLength: 1, scale: 1.5f, Numbers(Width, seed: 4), firstColumn: 0, Width);
        CheckMeans(table, Width, ids, partLength: 1, scale: 1.5f, [], firstColumn: 2, columnCount: 20);
    }

    [Fact]
    public void AddMeans_WrongSizes_AreRefused()
    {
        var (table, sums) = (new float[12], new double[4]);
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddMeans(table, 4, [], 1, 1, [], 0, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddMeans(table, 4, [0, 1, 2], 2, 1, [], 0, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddMeans(table, 5, [0], 1, 1, [], 0, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddMeans(table, 4, [0], 1, 1, new float[3], 0, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddMeans(table, 4, [0], 1, 1, [], 1, sums));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.AddMeans(table, 4, [0], 1, 1, [], -1, sums));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingMean.AddMeans(table, 4, [3], 1, 1, [], 0, sums));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingMean.AddMeans(table, 4, [0], 0, 1, [], 0, sums));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingMean.AddMeans(table, 4, new int[65], 65, 1, [], 0, sums));
    }

    [Fact]
    public void OfRows_SpecialValues_PassThrough()
    {
        const int Width = 12;
        float[] table = [.. Enumerable.Range(0, Width).Select(d => d switch { 0 => float.NaN, 1 => float.PositiveInfinity, 2 => -0f, 3 => float.Epsilon, _ => float.MaxValue / 8 })];
        Check(table, [0, 0, 0, 0, 0], scale: 1, [], Width);
    }

    /// <summary>The bound follows from the order of the additions: three roundings in float32 of sums of eight, one of the mean.</summary>
    [Fact]
    public void OfRows_ManyRows_StaysWithinTheRoundingsOfEight()
    {
        const int Width = 37;
        var table = Numbers(RowCount * Width, seed: 5);
        int[] ids = [.. Enumerable.Range(0, 1003).Select(s => s * 5 % RowCount)];
        var mean = new float[Width];
        EmbeddingMean.OfRows(table, ids, scale: 2, [], new double[Width], mean);
        for (var d = 0; d < Width; d++)
        {
            var exact = ids.Average(id => 2.0 * table[id * Width + d]);
            var magnitude = ids.Average(id => Math.Abs(2.0 * table[id * Width + d]));
            var allowed = 3 * Math.ScaleB(magnitude, -24) + Math.ScaleB(Math.Abs(exact), -24);
            LazyAssert.True(Math.Abs(mean[d] - exact) <= allowed, $"component {d}: expected {exact:R}, got {mean[d]:R}, {Math.Abs(mean[d] - exact) / allowed:P0} of the allowance");
        }
    }

    [Fact]
    public void OfRows_WrongSizes_AreRefused()
    {
        var (table, sums, mean) = (new float[12], new double[4], new float[4]);
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfRows(table, [], 1, [], sums, mean));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfRows(table.AsSpan(0, 11), [0], 1, [], sums, mean));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfRows(table, [0, 1], 1, new float[8], sums, mean));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfRows(table, [0], 1, [], sums, new float[5]));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfRows([], [0], 1, [], [], []));
        Assert.Throws<ArgumentException>(() => EmbeddingMean.OfRows(table, [0], 1, mean, sums, mean));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingMean.OfRows(table, [3], 1, [], sums, mean));
        Assert.Throws<ArgumentOutOfRangeException>(() => EmbeddingMean.OfRows(table, [-1], 1, [], sums, mean));
    }

    private static void Check(float[] table, int[] ids, float scale, float[] position, int width)
    {
        var mean = new float[width + 1];
        mean[width] = Guard;
        EmbeddingMean.OfRows(table, ids, scale, position, new double[width], mean.AsSpan(0, width));
        Assert.Equal(Guard, mean[width]);
        var expected = Twin(table, ids, scale, position, width);
        for (var d = 0; d < width; d++)
        {
            var same = BitConverter.SingleToInt32Bits(expected[d]) == BitConverter.SingleToInt32Bits(mean[d]) || float.IsNaN(expected[d]) && float.IsNaN(mean[d]);
            LazyAssert.True(same, $"width {width}, {ids.Length} ids, component {d}: expected {expected[d]:R}, got {mean[d]:R}");
        }
    }

    private static void CheckMeans(float[] table, int width, int[] ids, int partLength, float scale, float[] position, int firstColumn, int columnCount)
    {
        double[] expected = [.. Enumerable.Range(0, columnCount).Select(column => column / 3.0)];
        double[] sums = [.. expected, Guard];
        var mean = new float[width];
        for (var start = 0; start < ids.Length; start += partLength)
        {
            EmbeddingMean.OfRows(table, ids.AsSpan(start, partLength), scale, position, new double[width], mean);
            Reductions.AddWeighted(mean.AsSpan(firstColumn, columnCount), partLength, expected);
        }

        EmbeddingMean.AddMeans(table, width, ids, partLength, scale, position, firstColumn, sums.AsSpan(0, columnCount));
        Assert.Equal(Guard, sums[columnCount]);
        for (var column = 0; column < columnCount; column++)
        {
            var isSame = BitConverter.DoubleToInt64Bits(expected[column]) == BitConverter.DoubleToInt64Bits(sums[column]);
            Assert.True(isSame, $"width {width}, {ids.Length} ids in parts of {partLength}, column {column}: expected {expected[column]:R}, got {sums[column]:R}");
        }
    }

    private static float[] Twin(float[] table, int[] ids, float scale, float[] position, int width)
    {
        var mean = new float[width];
        for (var d = 0; d < width; d++)
        {
            var sum = 0.0;
            for (var s = 0; s < ids.Length; s += 8)
                sum += Tree(s, count: 8, d);
            mean[d] = (float)(sum * (scale / (double)ids.Length) + (position.Length == 0 ? 0 : position[d]));
        }

        return mean;

        float Tree(int first, int count, int d)
        {
            if (count == 1)
                return first < ids.Length ? table[ids[first] * width + d] : 0;
            return (float)(Tree(first, count / 2, d) + Tree(first + count / 2, count / 2, d));
        }
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-3, 4))))];
    }
}
