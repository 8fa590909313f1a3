namespace Galvani.Kernels.Tests;

/// <summary>The packed product against a double-precision twin; the bound of a sum of K products is K · 2^-24 · Σ|a·b|, and a few roundings of the epilogue.</summary>
public sealed class MatMulTests
{
    private readonly Random seeded = new(5);

    [Fact]
    public void Multiply_EveryInputWidth_EqualsTheTwin()
    {
        for (var width = 1; width <= 257; width++)
            Check(rowCount: 1 + width % 9, inputWidth: width, outputWidth: 19);
    }

    [Fact]
    public void Multiply_EveryOutputWidth_EqualsTheTwin()
    {
        for (var width = 1; width <= 257; width++)
            Check(rowCount: 1 + width % 7, inputWidth: 21, outputWidth: width);
    }

    [Fact]
    public void Multiply_EveryRowCount_EqualsTheTwin()
    {
        for (var rows = 0; rows <= 101; rows++)
            Check(rows, inputWidth: 33, outputWidth: 40);
    }

    [Fact]
    public void Multiply_RowAloneAndAmongOthers_HasTheSameBits()
    {
        const int RowCount = 61, InputWidth = 77, OutputWidth = 83;
        var input = KernelData.Normal(seeded, RowCount * InputWidth);
        var weight = PackedMatrix.Pack(KernelData.Normal(seeded, OutputWidth * InputWidth), OutputWidth, InputWidth);
        var together = new float[RowCount * OutputWidth];
        MatMul.Multiply(input, weight, default, together);
        for (var count = 1; count <= 7; count++)
        {
            for (var row = 0; row + count <= RowCount; row++)
            {
                var alone = new float[count * OutputWidth];
                MatMul.Multiply(input.AsSpan(row * InputWidth, count * InputWidth), weight, default, alone);
                Assert.Equal(together[(row * OutputWidth)..((row + count) * OutputWidth)], alone);
            }
        }
    }

    [Fact]
    public void MultiplyPanels_PanelByPanel_HasTheSameBitsAsAtOnce()
    {
        const int RowCount = 13, InputWidth = 24, OutputWidth = 50;
        var input = KernelData.Normal(seeded, RowCount * InputWidth);
        var weight = PackedMatrix.Pack(KernelData.Normal(seeded, OutputWidth * InputWidth), OutputWidth, InputWidth);
        var (atOnce, byPanel) = (new float[RowCount * OutputWidth], new float[RowCount * OutputWidth]);
        MatMul.Multiply(input, weight, default, atOnce);
        foreach (var panel in (int[])[3, 0, 2, 1])
            MatMul.MultiplyPanels(input, weight, panel..(panel + 1), default, byPanel);
        Assert.Equal(atOnce, byPanel);
    }

    [Theory]
    [InlineData(ElementFunction.Identity)]
    [InlineData(ElementFunction.Relu)]
    [InlineData(ElementFunction.Gelu)]
    [InlineData(ElementFunction.Silu)]
    [InlineData(ElementFunction.Sigmoid)]
    public void Multiply_WholeEpilogue_AppliesBiasFunctionGateResidualInOrder(ElementFunction function)
    {
        const int RowCount = 7, InputWidth = 12, OutputWidth = 21;
        var (input, weight) = (KernelData.Normal(seeded, RowCount * InputWidth), KernelData.Normal(seeded, OutputWidth * InputWidth));
        var (bias, gate, residual) = (KernelData.Normal(seeded, OutputWidth), KernelData.Normal(seeded, RowCount * OutputWidth), KernelData.Normal(seeded, RowCount * OutputWidth));
        var packed = PackedMatrix.Pack(weight, OutputWidth, InputWidth);
        var expected = new double[RowCount * OutputWidth];
        for (var i = 0; i < expected.Length; i++)
            expected[i] = ElementwiseTests.Twin(function, Dot(input, weight, i / OutputWidth, i % OutputWidth, InputWidth) + bias[i % OutputWidth]) * gate[i] + residual[i];
        var actual = KernelData.Run(expected.Length, destination =>
        {
            residual.CopyTo(destination); // the residual may be the destination itself
            MatMul.Multiply(input, packed, new Epilogue { Bias = bias, Function = function, Gate = gate, Residual = destination.Span }, destination.Span);
        });
        KernelData.Within(expected, actual, i => 64 * KernelData.Unit * (1 + Magnitude(input, weight, i / OutputWidth, i % OutputWidth, InputWidth)) * (1 + Math.Abs(gate[i])), function.ToString());
    }

    /// <summary>What a tile may do by itself, in whole panels and in the last one: the very bits of the sum taken through each step alone, the sign of a zero and what is no number included.</summary>
    [Theory]
    [InlineData(false, ElementFunction.Identity, false)]
    [InlineData(false, ElementFunction.Identity, true)]
    [InlineData(false, ElementFunction.Relu, false)]
    [InlineData(false, ElementFunction.Relu, true)]
    [InlineData(true, ElementFunction.Identity, false)]
    [InlineData(true, ElementFunction.Identity, true)]
    [InlineData(true, ElementFunction.Relu, false)]
    [InlineData(true, ElementFunction.Relu, true)]
    public void Multiply_PlainEpilogue_HasTheBitsOfEachStepAlone(bool hasBias, ElementFunction function, bool hasResidual)
    {
        const int InputWidth = 9, OutputWidth = 16 * 7 + 3;
        var numbers = KernelData.Normal(seeded, OutputWidth * InputWidth);
        foreach (var format in (ProductFormat[])[ProductFormat.Single, ProductFormat.Int8, ProductFormat.Int8Exact, ProductFormat.Int8Quads])
        {
            var weight = ProductWeight.Pack(numbers, OutputWidth, InputWidth, format);
            for (var rowCount = 1; rowCount <= 13; rowCount++)
                Check(weight, rowCount);
        }

        void Check(ProductWeight weight, int rowCount)
        {
            var input = KernelData.Normal(seeded, rowCount * InputWidth);
            input[^1] = rowCount % 3 == 0 ? float.NaN : float.NegativeInfinity;
            var (bias, residual) = (KernelData.Normal(seeded, OutputWidth), KernelData.Normal(seeded, rowCount * OutputWidth));
            (bias[5], residual[5]) = (-0f, -0f);
            var sums = new float[rowCount * OutputWidth];
            MatMul.Multiply(input, weight, default, sums, new ProductWorkspace());
            var expected = sums.Select((sum, i) =>
            {
                var value = hasBias ? sum + bias[i % OutputWidth] : sum;
                value = function == ElementFunction.Relu && value <= 0 ? 0 : value;
                return hasResidual ? value + residual[i] : value;
            });
            var actual = KernelData.Run(sums.Length, destination =>
            {
                residual.CopyTo(destination); // the residual may be the destination itself
                MatMul.Multiply(input, weight, new Epilogue { Bias = hasBias ? bias : default(ReadOnlySpan<float>), Function = function, Residual = hasResidual ? destination.Span : default }, destination.Span, new ProductWorkspace());
            });
            Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Fact]
    public void Multiply_ProductsInTurnWithMemoryToFetch_HaveTheSameBits()
    {
        const int RowCount = 40, Width = 96;
        var weights = Enumerable.Range(0, 3).Select(_ => (ProductWeight)PackedMatrix.Pack(KernelData.Normal(seeded, Width * Width), Width, Width)).ToArray();
        var input = KernelData.Normal(seeded, RowCount * Width);
        using var pool = new WorkerPool(3);
        var (alone, fetching) = (new ProductWorkspace(), new ProductWorkspace(pool));
        foreach (var size in (int[])[0, 1, 1000, 1 << 20])
        {
            foreach (var weight in weights)
            {
                var (expected, actual) = (new float[RowCount * Width], new float[RowCount * Width]);
                MatMul.Multiply(input, weight, default, expected, alone);
                fetching.FetchAlong(new float[size]);
                MatMul.Multiply(input, weight, default, actual, fetching);
                Assert.Equal(expected, actual);
            }
        }
    }

    [Theory]
    [InlineData(ProductFormat.Single)]
    [InlineData(ProductFormat.Int8)]
    [InlineData(ProductFormat.Int8Exact)]
    [InlineData(ProductFormat.Int8Quads)]
    public void Multiply_SharedByThreads_HasTheSameBitsAndAllocatesNothing(ProductFormat format)
    {
        const int InputWidth = 70, OutputWidth = 333;
        using var pool = new WorkerPool(3);
        var (alone, shared) = (new ProductWorkspace(), new ProductWorkspace(pool));
        var weight = ProductWeight.Pack(KernelData.Normal(seeded, OutputWidth * InputWidth), OutputWidth, InputWidth, format);
        foreach (var rowCount in (int[])[131, 9, 20, 49, 96, 97])
        {
            var input = KernelData.Normal(seeded, rowCount * InputWidth);
            var (expected, actual) = (new float[rowCount * OutputWidth], new float[rowCount * OutputWidth]);
            MatMul.Multiply(input, weight, default, expected, alone);
            MatMul.Multiply(input, weight, default, actual, shared);
            Assert.Equal(expected, actual);
            Assert.Equal(0, Allocation.Least(() =>
            {
                for (var i = 0; i < 20; i++)
                    MatMul.Multiply(input, weight, default, actual, shared);
            }));
        }
    }

    [Fact]
    public void Multiply_LengthsThatDoNotFitOrOverlap_AreRefused()
    {
        var weight = PackedMatrix.Pack(new float[6], 3, 2);
        var shared = new float[10];
        Assert.Throws<ArgumentException>(() => MatMul.Multiply(new float[5], weight, default, new float[6]));
        Assert.Throws<ArgumentException>(() => MatMul.Multiply(new float[4], weight, default, new float[5]));
        Assert.Throws<ArgumentException>(() => MatMul.Multiply(new float[4], weight, new Epilogue { Bias = new float[2] }, new float[6]));
        Assert.Throws<ArgumentException>(() => MatMul.Multiply(new float[4], weight, new Epilogue { Residual = new float[3] }, new float[6]));
        Assert.Throws<ArgumentException>(() => MatMul.Multiply(shared.AsSpan(0, 4), weight, default, shared.AsSpan(3, 6)));
    }

    [Fact]
    public void Pack_AnotherNumberOfElements_IsRefused() => Assert.Throws<ArgumentException>(() => PackedMatrix.Pack(new float[5], 3, 2));

    private void Check(int rowCount, int inputWidth, int outputWidth)
    {
        var (input, weight) = (KernelData.Normal(seeded, rowCount * inputWidth), KernelData.Normal(seeded, outputWidth * inputWidth));
        var packed = PackedMatrix.Pack(weight, outputWidth, inputWidth);
        var expected = new double[rowCount * outputWidth];
        for (var i = 0; i < expected.Length; i++)
            expected[i] = Dot(input, weight, i / outputWidth, i % outputWidth, inputWidth);
        var actual = KernelData.Run(expected.Length, destination => MatMul.Multiply(input, packed, default, destination.Span));
        KernelData.Within(expected, actual, i => inputWidth * KernelData.Unit * Magnitude(input, weight, i / outputWidth, i % outputWidth, inputWidth), $"[{rowCount}, {inputWidth}] x [{outputWidth}, {inputWidth}]");
    }

    private static double Dot(float[] input, float[] weight, int row, int output, int width)
    {
        var sum = 0.0;
        for (var k = 0; k < width; k++)
            sum += (double)input[row * width + k] * weight[output * width + k];
        return sum;
    }

    private static double Magnitude(float[] input, float[] weight, int row, int output, int width)
    {
        var sum = 0.0;
        for (var k = 0; k < width; k++)
            sum += Math.Abs((double)input[row * width + k] * weight[output * width + k]);
        return sum;
    }
}
