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
        Assert.Equal(-1, destination.AsSpan(count).IndexOfAnyExcept(Guard));
        return destination[..count];
    }

    /// <summary>Asserts |expected - actual| within the bound of each element.</summary>
    public static void Within(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, Func<int, double> bound, string what)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var (error, allowed) = (Math.Abs(expected[i] - actual[i]), bound(i));
            LazyAssert.True(error <= allowed, $"{what}: [{i}] expected {expected[i]:R}, got {actual[i]:R}, error {error:E2} is {100 * error / allowed:F0} % of the allowed {allowed:E2}");
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
        var integers = new int[row.Length + 7];
        for (var eight = 0; eight < row.Length; eight += 8)
        {
            foreach (var pair in (int[])[0, 2])
            {
                int[] places = [eight + pair, eight + pair + 1, eight + pair + 4, eight + pair + 5]; // what two steps have in the same place
                var (positive, negative) = (new float[4], new float[4]);
                for (var i = 0; i < 4; i++)
                {
                    var x = places[i] < row.Length ? Math.Clamp(row[places[i]] * factor, -127, 127) : 0;
                    (positive[i], negative[i]) = (MathF.Max(x, 0), MathF.Max(-x, 0));
                }

                CutQuad(positive);
                CutQuad(negative);
                for (var i = 0; i < 4; i++)
                    integers[places[i]] = (int)(positive[i] - negative[i]);
            }
        }

        return (integers[..row.Length], found / 127);
    }

    /// <summary>Four numbers of one sign, as integers that sum to at most 128.</summary>
    private static void CutQuad(float[] numbers)
    {
        for (var turn = 0; turn < 3; turn++)
        {
            var count = 0;
            foreach (var number in numbers)
                count += number > 0 ? 1 : 0;
            var share = MathF.Max(numbers[0] + numbers[1] + (numbers[2] + numbers[3]) - 128, 0) / Math.Max(1, count);
            for (var i = 0; i < 4; i++)
                numbers[i] = MathF.Max(numbers[i] - share, 0);
        }

        for (var i = 0; i < 4; i++)
            numbers[i] = MathF.Round(numbers[i]);
        for (var i = 0; i < 4; i++)
            numbers[i] -= MathF.Min(numbers[i], MathF.Max(numbers[0] + numbers[1] + numbers[2] + numbers[3] - 128, 0));
    }

    /// <summary>What packing in a format of bytes should make of a row; null for other formats.</summary>
    public static (int[] Integers, float Scale)? Twin(ProductFormat format, float[] row) => format switch
    {
        ProductFormat.Int8 => PairTwin(row),
        ProductFormat.Int8Quads => QuadTwin(row),
        _ => null,
    };
}
