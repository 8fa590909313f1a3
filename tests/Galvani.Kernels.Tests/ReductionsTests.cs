namespace Galvani.Kernels.Tests;

/// <summary>Sums over vectors, against their definitions in double precision.</summary>
public sealed class ReductionsTests
{
    [Fact]
    public void Dot_EveryLength_IsTheSumInIndexOrder()
    {
        var random = new Random(1);
        for (var length = 0; length <= 257; length++)
        {
            var (left, right) = (Vector(random, length), Vector(random, length));
            var expected = 0.0;
            for (var i = 0; i < length; i++)
                expected += (double)left[i] * right[i];
            Assert.Equal(expected, Reductions.Dot(left, right));
            Assert.Equal(Math.Sqrt(left.Sum(value => (double)value * value)), Reductions.Norm(left), 1e-12);
        }
    }

    [Fact]
    public void Dot_SpecialValues_AreCarriedOn()
    {
        Assert.True(double.IsNaN(Reductions.Dot([1, float.NaN], [1, 1])));
        Assert.Equal(double.PositiveInfinity, Reductions.Dot([float.PositiveInfinity], [1]));
        Assert.Equal(9e76, Reductions.Dot([3e38f], [3e38f]), 1e71); // beyond float, not beyond double
        Assert.Equal(0, Reductions.Norm([]));
        Assert.Throws<ArgumentException>(() => Reductions.Dot([1], [1, 2]));
    }

    [Fact]
    public void AddRows_EveryWidth_AddsToWhatIsThere()
    {
        var random = new Random(2);
        for (var width = 1; width <= 257; width += width < 20 ? 1 : 17)
        {
            var table = Vector(random, 5 * width);
            var accumulator = Enumerable.Repeat(1f, width + 4).ToArray();
            Reductions.AddRows(table, width, [4, 0, 4], accumulator.AsSpan(0, width));
            for (var d = 0; d < width; d++)
                Assert.Equal(1f + table[4 * width + d] + table[d] + table[4 * width + d], accumulator[d]);
            Assert.Equal([1f, 1f, 1f, 1f], accumulator[width..]);
        }
    }

    [Fact]
    public void AddRows_BadArguments_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Reductions.AddRows([1, 2], 1, [2], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Reductions.AddRows([1, 2], 1, [-1], new float[1]));
        Assert.Throws<ArgumentException>(() => Reductions.AddRows([1, 2, 3], 2, [0], new float[2]));
        Assert.Throws<ArgumentException>(() => Reductions.AddRows([1, 2], 2, [0], new float[1]));
        Assert.Throws<ArgumentException>(() => Reductions.AddRows([], 0, [0], []));
    }

    private static float[] Vector(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5))];
}
