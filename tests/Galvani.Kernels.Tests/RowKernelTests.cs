namespace Galvani.Kernels.Tests;

/// <summary>Norms, soft-max, rotation and attention against double-precision twins, for all row lengths 1 to 257.</summary>
public sealed class RowKernelTests
{
    private const int RowCount = 3;
    private const float Epsilon = 1e-6f;
    private readonly Random seeded = new(9);

    [Fact]
    public void Layer_EveryWidth_EqualsTheTwin() => CheckNorm(
        (x, w, b, y) => Norms.Layer(x.Span, w, b, Epsilon, y.Span),
        (row, mean, squares) => 1 / Math.Sqrt(squares / row.Length + Epsilon), isCentered: true, firstWidth: 2);

    [Fact]
    public void UnbiasedLayer_EveryWidth_EqualsTheTwin() => CheckNorm(
        (x, w, b, y) => Norms.UnbiasedLayer(x.Span, w, b, Epsilon, y.Span),
        (row, mean, squares) => 1 / (Math.Sqrt(squares / (row.Length - 1)) + Epsilon), isCentered: true, firstWidth: 2);

    [Fact]
    public void RootMeanSquare_EveryWidth_EqualsTheTwin() => CheckNorm(
        (x, w, b, y) => Norms.RootMeanSquare(x.Span, w, Epsilon, y.Span),
        (row, mean, squares) => 1 / Math.Sqrt(squares / row.Length + Epsilon), isCentered: false, firstWidth: 1);

    [Fact]
    public void Norms_LengthsThatDoNotFitOrOverlap_AreRefused()
    {
        var shared = new float[9];
        Assert.Throws<ArgumentException>(() => Norms.Layer(new float[5], new float[2], new float[2], Epsilon, new float[5]));
        Assert.Throws<ArgumentException>(() => Norms.Layer(new float[4], new float[2], new float[1], Epsilon, new float[4]));
        Assert.Throws<ArgumentException>(() => Norms.RootMeanSquare(shared.AsSpan(0, 4), new float[2], Epsilon, shared.AsSpan(1, 4)));
    }

    [Fact]
    public void Rows_EveryWidth_EqualsTheTwinEvenAtLargeValues()
    {
        for (var width = 1; width <= 257; width++)
        {
            var input = KernelData.Normal(seeded, RowCount * width, scale: 60);
            var expected = Enumerable.Range(0, RowCount).SelectMany(r => TwinLogSoftMax(input[(r * width)..((r + 1) * width)])).ToArray();
            var actual = KernelData.Run(input.Length, y => { input.CopyTo(y); SoftMax.Rows(y.Span, width); });
            KernelData.Within([.. expected.Select(Math.Exp)], actual, i => 64 * KernelData.Unit * Math.Exp(expected[i]) * (1 - expected[i]) + 1e-38, $"soft-max of {width}");
            var logs = KernelData.Run(input.Length, y => { input.CopyTo(y); SoftMax.LogRows(y.Span, width); });
            KernelData.Within(expected, logs, i => 8 * KernelData.Unit * (1 + Math.Abs(expected[i]) + Math.Abs(input[i])), $"log-soft-max of {width}");
        }
    }

    [Fact]
    public void Rows_MinusInfinity_HasNoWeight()
    {
        float[] row = [1, float.NegativeInfinity, 1];
        SoftMax.Rows(row, row.Length);
        Assert.Equal([0.5f, 0, 0.5f], row);
        Assert.Throws<ArgumentException>(() => SoftMax.Rows(new float[5], 2));
    }

    [Theory]
    [InlineData(2, 8, 4)]
    [InlineData(3, 10, 3)]
    [InlineData(1, 7, 0)]
    public void Rotate_Heads_EqualsTheTwin(int headCount, int headWidth, int pairCount)
    {
        var input = KernelData.Normal(seeded, headCount * headWidth);
        var angles = Enumerable.Range(0, pairCount).Select(i => 1.5 / (i + 1)).ToArray();
        float[] cosines = [.. angles.Select(angle => (float)Math.Cos(angle))], sines = [.. angles.Select(angle => (float)Math.Sin(angle))];
        var halves = KernelData.Run(input.Length, y => { input.CopyTo(y); Rotary.RotateHalves(y.Span, headWidth, cosines, sines); });
        var neighbours = KernelData.Run(input.Length, y => { input.CopyTo(y); Rotary.RotateNeighbours(y.Span, headWidth, cosines, sines); });
        var (expectedHalves, expectedNeighbours) = (input.Select(x => (double)x).ToArray(), input.Select(x => (double)x).ToArray());
        for (var i = 0; i < headCount * pairCount; i++)
        {
            var (head, pair) = (i / pairCount * headWidth, i % pairCount);
            Turn(expectedHalves, head + pair, head + pair + pairCount, angles[pair]);
            Turn(expectedNeighbours, head + 2 * pair, head + 2 * pair + 1, angles[pair]);
        }

        KernelData.Within(expectedHalves, halves, _ => 1e-6, "halves");
        KernelData.Within(expectedNeighbours, neighbours, _ => 1e-6, "neighbours");
        Assert.Throws<ArgumentException>(() => Rotary.RotateHalves(new float[8], 4, new float[3], new float[3]));
    }

    private delegate void Norm(Memory<float> input, float[] weight, float[] bias, Memory<float> destination);

    private void CheckNorm(Norm norm, Func<float[], double, double, double> factor, bool isCentered, int firstWidth)
    {
        for (var width = firstWidth; width <= 257; width++)
        {
            var (input, weight, bias) = (KernelData.Normal(seeded, RowCount * width, scale: 2), KernelData.Normal(seeded, width), KernelData.Normal(seeded, width));
            var expected = new List<double>();
            foreach (var row in input.Chunk(width))
            {
                var mean = isCentered ? row.Average(x => (double)x) : 0;
                var scale = factor(row, mean, row.Sum(x => (x - mean) * (x - mean)));
                expected.AddRange(row.Select((x, i) => (x - mean) * scale * weight[i] + (isCentered ? bias[i] : 0)));
            }

            var actual = KernelData.Run(input.Length, y => norm(input, weight, bias, y));
            KernelData.Within(expected, actual, i => 1e-5 * (1 + Math.Abs(expected[i])), $"norm of {width}");
            var inPlace = KernelData.Run(input.Length, y => { input.CopyTo(y); norm(y, weight, bias, y); });
            Assert.Equal(actual, inPlace);
        }
    }

    private static IEnumerable<double> TwinLogSoftMax(float[] row)
    {
        var maximum = (double)row.Max();
        var logSum = Math.Log(row.Sum(x => Math.Exp(x - maximum)));
        return row.Select(x => x - maximum - logSum);
    }

    private static void Turn(double[] values, int first, int second, double angle) =>
        (values[first], values[second]) = (values[first] * Math.Cos(angle) - values[second] * Math.Sin(angle), values[second] * Math.Cos(angle) + values[first] * Math.Sin(angle));
}
