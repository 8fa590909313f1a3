namespace Galvani.Kernels.Tests;

/// <summary>
/// Quantised products against a twin that quantises by the documented rule and sums in 64 bits: the sums are exact, so only the roundings of the scales and of the epilogue
/// are allowed for. And against the product in single precision, whose distance the rounding to integers bounds.
/// </summary>
public sealed class QuantizedMatrixTests
{
    private readonly Random seeded = new(17);

    public static TheoryData<ProductFormat> Formats => [ProductFormat.Int8, ProductFormat.Int8Exact, ProductFormat.Int8Quads];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_EveryInputWidth_EqualsTheTwin(ProductFormat format)
    {
        for (var width = 0; width <= 257; width++)
            Check(format, rowCount: 1 + width % 9, inputWidth: width, outputWidth: 19);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_InputWiderThanAChunkOfWeights_EqualsTheTwin(ProductFormat format)
    {
        foreach (var width in (int[])[1023, 1024, 1025, 3077])
            Check(format, rowCount: 3, width, outputWidth: 18);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_EveryOutputWidth_EqualsTheTwin(ProductFormat format)
    {
        for (var width = 1; width <= 257; width++)
            Check(format, rowCount: 1 + width % 7, inputWidth: 21, outputWidth: width);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_EveryRowCount_EqualsTheTwin(ProductFormat format)
    {
        for (var rows = 0; rows <= 60; rows++)
            Check(format, rows, inputWidth: 33, outputWidth: 70);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_Extremes_DoNotSaturate(ProductFormat format)
    {
        // All products of a row have the largest magnitude and one sign: what an addition that saturates gets wrong first.
        const int InputWidth = 256, OutputWidth = 32, RowCount = 7;
        foreach (var (inputSign, weightSign) in ((int, int)[])[(1, 1), (1, -1), (-1, 1), (-1, -1)])
        {
            var input = Enumerable.Repeat(2f * inputSign, RowCount * InputWidth).ToArray();
            var weight = Enumerable.Repeat(3f * weightSign, OutputWidth * InputWidth).ToArray();
            var actual = Run(ProductWeight.Pack(weight, OutputWidth, InputWidth, format), input, RowCount);
            const double Expected = 2.0 * 3 * InputWidth;
            KernelData.Within([.. actual.Select(_ => Expected * inputSign * weightSign)], actual, _ => 8 * KernelData.Unit * Expected, $"{format} {inputSign} {weightSign}");
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_RowAloneAndAmongOthers_HasTheSameBits(ProductFormat format)
    {
        const int RowCount = 29, InputWidth = 77, OutputWidth = 83;
        var input = KernelData.Normal(seeded, RowCount * InputWidth);
        var weight = ProductWeight.Pack(KernelData.Normal(seeded, OutputWidth * InputWidth), OutputWidth, InputWidth, format);
        var together = Run(weight, input, RowCount);
        for (var row = 0; row < RowCount; row++)
            Assert.Equal(together[(row * OutputWidth)..((row + 1) * OutputWidth)], Run(weight, input[(row * InputWidth)..((row + 1) * InputWidth)], 1));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_AgainstSinglePrecision_ErrsWithinTheRounding(ProductFormat format)
    {
        const int RowCount = 8, InputWidth = 768, OutputWidth = 48;
        var (input, weight) = (KernelData.Normal(seeded, RowCount * InputWidth), KernelData.Normal(seeded, OutputWidth * InputWidth));
        var exact = Run(ProductWeight.Pack(weight, OutputWidth, InputWidth, ProductFormat.Single), input, RowCount);
        var quantized = Run(ProductWeight.Pack(weight, OutputWidth, InputWidth, format), input, RowCount);
        var error = Math.Sqrt(exact.Zip(quantized, (a, b) => Math.Pow(a - b, 2)).Sum() / exact.Sum(a => (double)a * a));
        // Rounding noise: a twelfth of a squared step for each operand; a Gaussian row of 768 reaches about 3.2 deviations to both sides.
        // The largest pair of a row, 4.6 deviations, is cut to about 3.9, which is 128 steps.
        // Four neighbours of one sign are cut to about 5.3.
        var (inputStep, weightStep) = format switch
        {
            ProductFormat.Int8 => (6.4 / 255, 3.9 / 128),
            ProductFormat.Int8Quads => (6.4 / 255, 5.3 / 128),
            _ => (0, 3.2 / 127),
        };
        var expected = Math.Sqrt((inputStep * inputStep + weightStep * weightStep) / 12);
        Assert.InRange(error, 0.7 * expected, 1.3 * expected);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_NumbersThatAreNotFinite_GiveNaNWhereTheyCount(ProductFormat format)
    {
        const int InputWidth = 19;
        var (input, weight) = (KernelData.Normal(seeded, 4 * InputWidth), KernelData.Normal(seeded, 3 * InputWidth));
        (input[1 * InputWidth + 18], input[2 * InputWidth + 3], weight[1 * InputWidth + 5]) = (float.NaN, float.NegativeInfinity, float.PositiveInfinity);
        var actual = Run(ProductWeight.Pack(weight, 3, InputWidth, format), input, 4);
        for (var i = 0; i < actual.Length; i++)
            Assert.Equal(i / 3 is 1 or 2 || i % 3 == 1, float.IsNaN(actual[i]));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Multiply_RowsOfNextToNothing_AreZero(ProductFormat format)
    {
        const int InputWidth = 8;
        float[] input = [.. Enumerable.Repeat(0f, InputWidth), .. Enumerable.Repeat(1e-40f, InputWidth), .. Enumerable.Repeat(1f, InputWidth)];
        float[] weight = [.. Enumerable.Repeat(1f, InputWidth), .. Enumerable.Repeat(1e-44f, InputWidth)];
        Assert.Equal([0, 0, 0, 0, InputWidth, 0], Run(ProductWeight.Pack(weight, 2, InputWidth, format), input, 3).Select(x => MathF.Round(x, 4)));
    }

    [Theory]
    [InlineData(63)]
    [InlineData(127)]
    public void WeightScale_Find_ErrsLessThanTheLargestWeightAndAboutAsTheBest(int largest)
    {
        foreach (var width in (int[])[1, 15, 16, 100, 768, 1536])
        {
            var row = KernelData.Normal(seeded, width);
            var magnitude = row.Max(MathF.Abs);
            double ErrorOf(double scaled) => row.Sum(x => Math.Pow(x - Math.Clamp(Math.Round(x * largest / scaled), -largest, largest) * scaled / largest, 2));
            var found = WeightScale.Find(row, magnitude, largest);
            var best = Enumerable.Range(0, 161).Min(i => ErrorOf(magnitude * (1 - i / 1000.0)));
            Assert.InRange(found, 0.8f * magnitude, magnitude);
            Assert.InRange(ErrorOf(found), 0, ErrorOf(magnitude) * (1 + 1e-4) + 1e-12);
            if (width >= 100)
                Assert.InRange(ErrorOf(found), 0, 1.05 * best);
        }
    }

    // Normally distributed; wide ones also evenly, with a long tail, and with one far outlier.
    private List<float[]> RowsOfWeights(params int[] widths)
    {
        const int Wide = 768;
        List<float[]> rows = [.. widths.Select(width => KernelData.Normal(seeded, width))];
        rows.Add([.. Enumerable.Range(0, Wide).Select(_ => 2 * seeded.NextSingle() - 1)]);
        rows.Add([.. KernelData.Normal(seeded, Wide).Select(x => x * x * x)]);
        rows.Add([30, .. KernelData.Normal(seeded, Wide)]);
        return rows;
    }

    [Fact]
    public void WeightPairs_FindScale_ErrsAboutAsTheBest()
    {
        foreach (var row in RowsOfWeights(1, 2, 31, 32, 33, 100, 768, 1536))
        {
            var magnitude = row.Max(MathF.Abs);
            double ErrorOf(double scaled)
            {
                var (integers, scale) = KernelData.PairTwin(row, (float)scaled);
                return row.Zip(integers, (x, integer) => Math.Pow(x - integer * (double)scale, 2)).Sum();
            }

            using var pairs = new WeightPairs(row);
            var found = pairs.FindScale(WeightScale.Measure(row));
            var best = Enumerable.Range(0, 151).Min(i => ErrorOf(magnitude * (0.5 + i / 100.0)));
            Assert.InRange(found, 0.78f * magnitude, 2 * magnitude);
            if (row.Length >= 100)
                Assert.InRange(ErrorOf(found), 0, 1.05 * best);
        }
    }

    [Fact]
    public void Pack_PairsOfAnyWeights_SumToNoMoreThanSixteenBitsHold()
    {
        float[][] rows =
        [
            [.. Enumerable.Repeat(1f, 64)], // all alike: nothing of them is lost
            [1, 1, -1, -1, 1, -1, 0.5f, 0.5f, .. Enumerable.Repeat(0.01f, 56)],
            [.. Enumerable.Range(0, 64).Select(i => (i % 4 < 2 ? 1 : -1) * (0.9f + i / 640f))],
            KernelData.Normal(seeded, 64),
            [3, 2.999f, .. KernelData.Normal(seeded, 62)],
            [float.MaxValue, float.MaxValue, .. new float[62]],
        ];
        foreach (var row in rows)
        {
            using var pairs = new WeightPairs(row);
            var integers = new short[2 * pairs.HalfWidth];
            var magnitude = pairs.FindScale(WeightScale.Measure(row));
            Assert.True(float.IsFinite(magnitude));
            Assert.Equal(integers.Sum(x => x) + pairs.Round(127 / magnitude, integers), integers.Sum(x => x));
            for (var i = 0; i < pairs.HalfWidth; i++)
                LazyAssert.True(WeightPairs.IsPossible(checked((sbyte)integers[i]), checked((sbyte)integers[pairs.HalfWidth + i])), $"{integers[i]} and {integers[pairs.HalfWidth + i]}");
        }

        var alike = new float[4];
        ProductWeight.Pack(rows[0], 1, 64, ProductFormat.Int8).ReadElements(0, alike);
        Assert.All(alike, x => Assert.InRange(x, 0.9999f, 1.0001f));
    }

    [Theory]
    [InlineData(1, 127, true)]
    [InlineData(64, 64, true)]
    [InlineData(65, 64, false)]
    [InlineData(-65, -64, false)]
    [InlineData(127, -127, true)]
    [InlineData(-128, 0, false)]
    public void WeightPairs_IsPossible_IsWhatNeverSaturates(sbyte even, sbyte odd, bool isPossible) => Assert.Equal(isPossible, WeightPairs.IsPossible(even, odd));

    [Fact]
    public void WeightQuads_FindScale_ErrsAboutAsTheBest()
    {
        foreach (var row in RowsOfWeights(1, 2, 5, 63, 64, 65, 100, 768, 1536))
        {
            var magnitude = row.Max(MathF.Abs);
            double ErrorOf(double scaled)
            {
                var (integers, scale) = KernelData.QuadTwin(row, (float)scaled);
                return row.Zip(integers, (x, integer) => Math.Pow(x - integer * (double)scale, 2)).Sum();
            }

            using var quads = new WeightQuads(row);
            var found = quads.FindScale(WeightScale.Measure(row));
            var best = Enumerable.Range(0, 321).Min(i => ErrorOf(magnitude * (0.8 + i / 100.0)));
            Assert.InRange(found, 0.75f * magnitude, 4 * magnitude);
            if (row.Length >= 100)
                Assert.InRange(ErrorOf(found), 0, 1.05 * best);
        }
    }

    [Fact]
    public void Pack_QuadsOfAnyWeights_SumToNoMoreThanSixteenBitsHold()
    {
        float[][] rows =
        [
            [.. Enumerable.Repeat(1f, 64)], // all alike: nothing of them is lost
            [1, 1, -1, -1, 1, 1, 1, -1, 0.5f, 0.5f, 1, 1, .. Enumerable.Repeat(0.01f, 50)],
            [.. Enumerable.Range(0, 64).Select(i => (i % 16 < 8 ? 1 : -1) * (0.9f + i / 640f))],
            KernelData.Normal(seeded, 61),
            [3, 2.999f, 0.5f, 0.5f, 0.001f, 2.998f, .. KernelData.Normal(seeded, 58)],
            [.. Enumerable.Repeat(float.MaxValue, 8), .. new float[56]],
        ];
        foreach (var row in rows)
        {
            using var quads = new WeightQuads(row);
            var integers = new short[4 * quads.Width];
            var magnitude = quads.FindScale(WeightScale.Measure(row));
            Assert.True(float.IsFinite(magnitude));
            foreach (var factor in (float[])[127 / magnitude, 3 * 127 / magnitude])
            {
                Assert.Equal(quads.Round(factor, integers), integers.Sum(x => x));
                var width = quads.Width;
                for (var i = 0; i < width; i++)
                {
                    sbyte[] quad = [.. Enumerable.Range(0, 4).Select(component => checked((sbyte)integers[component * width + i]))];
                    Assert.True(WeightQuads.IsPossible(quad), string.Join(' ', quad));
                }
            }
        }

        var alike = new float[4];
        ProductWeight.Pack(rows[0], 1, 64, ProductFormat.Int8Quads).ReadElements(0, alike);
        Assert.All(alike, x => Assert.InRange(x, 0.9999f, 1.0001f));
    }

    [Theory]
    [InlineData(1, 127, -127, -1, true)]
    [InlineData(32, 32, 32, 32, true)]
    [InlineData(33, 32, 32, 32, false)]
    [InlineData(-65, 0, 100, -64, false)]
    [InlineData(-128, 0, 0, 0, false)]
    public void WeightQuads_IsPossible_IsWhatNeverSaturates(sbyte first, sbyte second, sbyte third, sbyte fourth, bool isPossible) =>
        Assert.Equal(isPossible, WeightQuads.IsPossible([first, second, third, fourth]));

    [Fact]
    public void Pack_ArgumentsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => ProductWeight.Pack(new float[5], 2, 3, ProductFormat.Int8));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProductWeight.Pack(new float[QuantizedMatrix.LargestInputWidth + 1], 1, QuantizedMatrix.LargestInputWidth + 1, ProductFormat.Int8));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProductWeight.Pack(new float[1], 1, 1, (ProductFormat)9));
    }

    [Theory]
    [InlineData(ProductFormat.Single)]
    [InlineData(ProductFormat.Int8)]
    [InlineData(ProductFormat.Int8Exact)]
    [InlineData(ProductFormat.Int8Quads)]
    public void Pack_RowsFromElsewhereBySeveralThreads_GivesTheSameProduct(ProductFormat format)
    {
        const int OutputWidth = 16 * 37 + 5, InputWidth = 53, RowCount = 3;
        var (input, weight) = (KernelData.Normal(new Random(4), RowCount * InputWidth), KernelData.Normal(new Random(5), OutputWidth * InputWidth));
        using var pool = new WorkerPool(3);
        var expected = Run(ProductWeight.Pack(weight, OutputWidth, InputWidth, format), input, RowCount);
        Assert.Equal(expected, Run(ProductWeight.Pack(new Rows(weight, InputWidth), OutputWidth, InputWidth, format), input, RowCount));
        Assert.Equal(expected, Run(ProductWeight.Pack(new Rows(weight, InputWidth), OutputWidth, InputWidth, format, pool), input, RowCount));
    }

    private sealed class Rows(float[] weight, int width) : IWeightRows
    {
        public void Read(int first, Span<float> rows) => weight.AsSpan(first * width, rows.Length).CopyTo(rows);
    }

    private void Check(ProductFormat format, int rowCount, int inputWidth, int outputWidth)
    {
        var (input, weight) = (KernelData.Normal(seeded, rowCount * inputWidth), KernelData.Normal(seeded, outputWidth * inputWidth));
        var actual = Run(ProductWeight.Pack(weight, outputWidth, inputWidth, format), input, rowCount);
        var (expected, magnitudes) = (new double[rowCount * outputWidth], new double[rowCount * outputWidth]);
        var rows = input.Chunk(Math.Max(inputWidth, 1)).Select(row => format != ProductFormat.Int8Exact ? TwinOfBytes(row) : Twin(row, row.Max(MathF.Abs), Math.Min(32767, int.MaxValue / (127 * inputWidth)))).ToArray();
        var outputs = weight.Chunk(Math.Max(inputWidth, 1)).Select(row => KernelData.Twin(format, row) ?? TwinOfWeights(row)).ToArray();
        for (var i = 0; i < expected.Length && inputWidth > 0; i++)
        {
            var (row, output) = (rows[i / outputWidth], outputs[i % outputWidth]);
            var sum = 0L;
            for (var k = 0; k < inputWidth; k++)
                sum += (long)row.Integers[k] * output.Integers[k];
            expected[i] = sum * ((double)row.Scale * output.Scale);
        }

        KernelData.Within(expected, actual, i => 4 * KernelData.Unit * Math.Abs(expected[i]) + 1e-30, $"{format} {rowCount} x {outputWidth} x {inputWidth}");
    }

    private static (int[] Integers, float Scale) Twin(float[] row, float magnitude, int largest) =>
        ([.. row.Select(x => Math.Clamp((int)MathF.Round(x * (largest / magnitude)), -largest, largest))], magnitude / largest);

    private static (int[] Integers, float Scale) TwinOfWeights(float[] row) => Twin(row, WeightScale.Find(row, row.Max(MathF.Abs), 127), 127);

    // 255 steps from the smallest number to the largest, zero among them.
    private static (int[] Integers, float Scale) TwinOfBytes(float[] row)
    {
        var (smallest, largest) = (MathF.Min(0, row.Min()), MathF.Max(0, row.Max()));
        var factor = 255 / (largest - smallest);
        var zero = (int)MathF.Round(-smallest * factor);
        return ([.. row.Select(x => Math.Clamp((int)MathF.Round(x * factor) + zero, 0, 255) - zero)], (largest - smallest) / 255);
    }

    private static float[] Run(ProductWeight weight, float[] input, int rowCount) =>
        KernelData.Run(rowCount * weight.OutputWidth, destination => MatMul.Multiply(input, weight, default, destination.Span, new ProductWorkspace()));
}
