namespace Galvani.Kernels.Tests;

/// <summary>The normaliser of log-probabilities against a scalar twin in double precision.</summary>
public sealed class LogSumExpTests
{
    private const int LongestLength = 257;

    // float32 rounding of the result, of the difference, and 2 units of the vector exponential; the sum is in double precision.
    private const double Relative = 4 * 5.97e-8;

    [Fact]
    public void Of_EveryLength_EqualsTheTwin()
    {
        var random = new Random(11);
        for (var length = 1; length <= LongestLength; length++)
        {
            var row = Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() * 40 - 20)).ToArray();
            NumericAssert.Close([Twin(row)], [LogSumExp.Of(row)], Relative * 64, $"length {length}");
        }
    }

    [Fact]
    public void Of_LargeLogits_StaysFinite() => NumericAssert.Close([1000.3133f], [LogSumExp.Of([1000, 999, -1000])], 1e-4);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Of_RowWithoutASum_IsNoNumber(float broken)
    {
        for (var place = 0; place < 40; place++)
        {
            var row = new float[40];
            row[place] = broken;
            Assert.True(float.IsNaN(LogSumExp.Of(row)));
        }
    }

    [Fact]
    public void Of_NegativeInfinities_CountAsNothing()
    {
        Assert.Equal(1.5f, LogSumExp.Of([float.NegativeInfinity, 1.5f, float.NegativeInfinity]));
        Assert.Equal(float.NegativeInfinity, LogSumExp.Of([float.NegativeInfinity, float.NegativeInfinity]));
        Assert.True(float.IsNaN(LogSumExp.Of([float.NegativeInfinity, float.NaN, float.NegativeInfinity])));
        Assert.Equal(float.NegativeInfinity, LogSumExp.Of([]));
    }

    private static float Twin(float[] row)
    {
        var largest = (double)row.Max();
        return (float)(largest + Math.Log(row.Sum(value => Math.Exp(value - largest))));
    }
}
