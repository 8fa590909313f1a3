namespace Galvani.Kernels.Tests;

/// <summary>The log-soft-max against a scalar twin in double precision.</summary>
public sealed class LogSumExpTests
{
    private const int LongestLength = 257;
    private const float Guard = -12345.678f;

    // float32 rounding of the result, of the difference, and 2 units of the vector exponential; the sum is in double precision.
    private const double Relative = 4 * 5.97e-8;

    [Fact]
    public void LogSoftMax_EveryLength_EqualsTheTwin()
    {
        var random = new Random(11);
        for (var length = 1; length <= LongestLength; length++)
        {
            var buffer = Enumerable.Range(0, length + 1).Select(_ => (float)(random.NextDouble() * 40 - 20)).ToArray();
            buffer[length] = Guard;
            var expected = Twin(buffer.AsSpan(0, length));
            Assert.True(LogSumExp.LogSoftMax(buffer.AsSpan(0, length)));
            NumericAssert.Close(expected, buffer.AsSpan(0, length), Relative * 64, $"length {length}");
            Assert.Equal(Guard, buffer[length]);
        }
    }

    [Fact]
    public void LogSoftMax_LargeLogits_StaysFinite()
    {
        float[] row = [1000, 999, -1000];
        Assert.True(LogSumExp.LogSoftMax(row));
        NumericAssert.Close([-0.31326169f, -1.3132617f, -2000.3132f], row, 2e-4);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void LogSoftMax_RowWithoutASum_IsLeftAndReported(float broken)
    {
        for (var place = 0; place < 40; place++)
        {
            var row = new float[40];
            row[place] = broken;
            Assert.False(LogSumExp.LogSoftMax(row));
            Assert.Equal(broken, row[place]);
            Assert.Equal(0f, row[(place + 1) % 40]);
        }
    }

    [Fact]
    public void Of_NegativeInfinities_CountAsNothing()
    {
        Assert.Equal(1.5f, LogSumExp.Of([float.NegativeInfinity, 1.5f, float.NegativeInfinity]));
        Assert.Equal(float.NegativeInfinity, LogSumExp.Of([float.NegativeInfinity, float.NegativeInfinity]));
        Assert.Equal(float.NegativeInfinity, LogSumExp.Of([]));
    }

    private static float[] Twin(ReadOnlySpan<float> row)
    {
        var values = row.ToArray().Select(value => (double)value).ToArray();
        var largest = values.Max();
        var normalizer = largest + Math.Log(values.Sum(value => Math.Exp(value - largest)));
        return [.. values.Select(value => (float)(value - normalizer))];
    }
}
