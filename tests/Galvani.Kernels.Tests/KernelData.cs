namespace Galvani.Kernels.Tests;

/// <summary>Seeded numbers, and destinations with guards behind them.</summary>
internal static class KernelData
{
    public const float Guard = -12345.678f;
    private const int GuardCount = 16;

    /// <summary>The unit of rounding: half a step at 1.</summary>
    public const double Unit = 1.0 / (1 << 24);

    public static float[] Normal(Random random, int count, double scale = 1)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)(scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }

    /// <summary>Runs a kernel into the front of a longer array and asserts that nothing behind was touched.</summary>
    public static float[] Run(int count, Action<Memory<float>> kernel)
    {
        var destination = Enumerable.Repeat(Guard, count + GuardCount).ToArray();
        kernel(destination.AsMemory(0, count));
        Assert.All(destination[count..], value => Assert.Equal(Guard, value));
        return destination[..count];
    }

    /// <summary>Asserts |expected - actual| within the bound of each element.</summary>
    public static void Within(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, Func<int, double> bound, string what)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var error = Math.Abs(expected[i] - actual[i]);
            Assert.True(error <= bound(i), $"{what}: [{i}] expected {expected[i]:R}, got {actual[i]:R}, error {error:E2} is {100 * error / bound(i):F0} % of the allowed {bound(i):E2}");
        }
    }
}
