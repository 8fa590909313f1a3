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
    public void AddWeighted_EveryLength_IsProductAndSumRoundedEach()
    {
        var random = new Random(2);
        for (var length = 0; length <= 257; length++)
        {
            var (values, before) = (Vector(random, length), Vector(random, length));
            var sums = Array.ConvertAll(before, value => value / 3.0);
            double[] guarded = [.. sums, 7];
            Reductions.AddWeighted(values, 1 / 7.0, guarded.AsSpan(0, length));
            for (var i = 0; i < length; i++)
                sums[i] += values[i] * (1 / 7.0);
            Assert.Equal([.. sums, 7], guarded);
        }
    }

    [Fact]
    public void AddWeighted_SpecialValues_AreCarriedOn()
    {
        double[] sums = [0, 1, double.NegativeInfinity];
        Reductions.AddWeighted([float.NaN, float.PositiveInfinity, float.PositiveInfinity], 2, sums);
        Assert.Equal([double.NaN, double.PositiveInfinity, double.NaN], sums);
        Assert.Throws<ArgumentException>(() => Reductions.AddWeighted([1], 1, sums));
    }

    private static float[] Vector(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5))];
}
