using System.Globalization;
using Xunit;

namespace Galvani.Testing;

/// <summary>Comparison of arrays of numbers: a failure names the worst index, both values, and the share of the allowance used.</summary>
public static class NumericAssert
{
    /// <summary>Asserts |expected - actual| &lt;= <paramref name="tolerance"/> for every element; NaN equals NaN, infinities must be equal.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what = "values")
    {
        Assert.True(expected.Length == actual.Length, $"{what}: {actual.Length} elements, expected {expected.Length}");
        var worst = -1;
        var worstError = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i].Equals(actual[i]))
                continue;
            var error = Math.Abs((double)expected[i] - actual[i]);
            if (double.IsNaN(error))
                error = double.PositiveInfinity;
            if (error > worstError)
                (worst, worstError) = (i, error);
        }

        if (worstError > tolerance)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture,
                $"{what}: worst at [{worst}]: expected {expected[worst]:R}, got {actual[worst]:R}, error {worstError:E2} is {100 * worstError / tolerance:F0} % of the allowed {tolerance:E2}"));
    }

    /// <summary>Asserts |expected - actual| &lt;= <paramref name="relative"/> x the largest magnitude of <paramref name="expected"/>.</summary>
    public static void CloseToLargest(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double relative, string what = "values")
    {
        var largest = 0.0;
        foreach (var value in expected)
            largest = Math.Max(largest, Math.Abs((double)value));
        Close(expected, actual, relative * largest, what);
    }
}
