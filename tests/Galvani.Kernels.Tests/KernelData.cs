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

    /// <summary>What <see cref="WeightPairs"/> should make of a row, and what an integer counts.</summary>
    public static (int[] Integers, float Scale) PairTwin(float[] row, float? magnitude = null)
    {
        using var pairs = new WeightPairs(row);
        var found = magnitude ?? pairs.FindScale(WeightScale.Measure(row));
        var factor = 127 / found;
        var integers = new int[row.Length];
        for (var i = 0; i < row.Length; i += 2)
        {
            var x = Math.Clamp(row[i] * factor, -127, 127);
            var y = i + 1 < row.Length ? Math.Clamp(row[i + 1] * factor, -127, 127) : 0;
            var excess = MathF.Abs(x + y) > 128 ? (x + y - MathF.CopySign(128, x + y)) / 2 : 0;
            integers[i] = (int)MathF.Round(x - excess);
            if (i + 1 < row.Length)
                integers[i + 1] = Math.Clamp((int)MathF.Round(y - excess), -128 - integers[i], 128 - integers[i]);
        }

        return (integers, found / 127);
    }

    /// <summary>What <see cref="WeightQuads"/> should make of a row, and what an integer counts.</summary>
    public static (int[] Integers, float Scale) QuadTwin(float[] row, float? magnitude = null)
    {
        using var quads = new WeightQuads(row);
        var found = magnitude ?? quads.FindScale(WeightScale.Measure(row));
        var factor = 127 / found;
        float[] Cut(float[] numbers)
        {
            for (var turn = 0; turn < 3; turn++)
            {
                var share = MathF.Max(numbers[0] + numbers[1] + (numbers[2] + numbers[3]) - 128, 0) / Math.Max(1, numbers.Count(x => x > 0));
                numbers = [.. numbers.Select(x => MathF.Max(x - share, 0))];
            }

            numbers = [.. numbers.Select(x => MathF.Round(x))];
            for (var i = 0; i < 4; i++)
                numbers[i] -= MathF.Min(numbers[i], MathF.Max(numbers.Sum() - 128, 0));
            return numbers;
        }

        var integers = new int[row.Length + 7];
        for (var eight = 0; eight < row.Length; eight += 8)
        {
            foreach (var pair in (int[])[0, 2])
            {
                int[] places = [eight + pair, eight + pair + 1, eight + pair + 4, eight + pair + 5]; // what two steps have in the same place
                float[] quad = [.. places.Select(place => place < row.Length ? Math.Clamp(row[place] * factor, -127, 127) : 0)];
                var (positive, negative) = (Cut([.. quad.Select(x => MathF.Max(x, 0))]), Cut([.. quad.Select(x => MathF.Max(-x, 0))]));
                for (var i = 0; i < 4; i++)
                    integers[places[i]] = (int)(positive[i] - negative[i]);
            }
        }

        return (integers[..row.Length], found / 127);
    }

    /// <summary>What packing in a format of bytes should make of a row; null for other formats.</summary>
    public static (int[] Integers, float Scale)? Twin(ProductFormat format, float[] row) => format switch
    {
        ProductFormat.Int8 => PairTwin(row),
        ProductFormat.Int8Quads => QuadTwin(row),
        _ => null,
    };
}
