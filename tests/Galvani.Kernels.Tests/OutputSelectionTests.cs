namespace Galvani.Kernels.Tests;

/// <summary>Some outputs of a weight: the same bits as the whole weight's product, in every format.</summary>
public sealed class OutputSelectionTests
{
    private readonly Random seeded = new(29);

    public static TheoryData<ProductFormat> Formats => [ProductFormat.Single, ProductFormat.Int8, ProductFormat.Int8Exact, ProductFormat.Int8Quads];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Select_EveryNumberOfOutputs_GivesTheBitsOfTheWhole(ProductFormat format)
    {
        const int OutputWidth = 83, RowCount = 7;
        foreach (var inputWidth in (int[])[1, 3, 33, 77])
        {
            var weight = ProductWeight.Pack(KernelData.Normal(seeded, OutputWidth * inputWidth), OutputWidth, inputWidth, format);
            var input = KernelData.Normal(seeded, RowCount * inputWidth);
            var whole = Run(weight, input, RowCount);
            for (var count = 1; count <= OutputWidth; count++)
            {
                var outputs = Enumerable.Range(0, OutputWidth).OrderBy(_ => seeded.Next()).Take(count).ToArray();
                AssertColumns(whole, OutputWidth, outputs, Run(weight.Select(outputs), input, RowCount));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Select_IntoTheMemoryOfAnEarlierSelection_LeavesNothingOfIt(ProductFormat format)
    {
        const int OutputWidth = 90, InputWidth = 21, RowCount = 3;
        var weight = ProductWeight.Pack(KernelData.Normal(seeded, OutputWidth * InputWidth), OutputWidth, InputWidth, format);
        var input = KernelData.Normal(seeded, RowCount * InputWidth);
        var whole = Run(weight, input, RowCount);
        ProductWeight? selected = null;
        foreach (var count in (int[])[70, 17, 1, 33, 90, 5])
        {
            int[] outputs = [.. Enumerable.Range(0, count).Reverse()];
            selected = weight.Select(outputs, selected);
            Assert.Equal((count, InputWidth, format), (selected.OutputWidth, selected.InputWidth, selected.Format));
            AssertColumns(whole, OutputWidth, outputs, Run(selected, input, RowCount));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Select_SharedByThreads_GivesTheSameBits(ProductFormat format)
    {
        const int OutputWidth = 700, InputWidth = 40;
        using var pool = new WorkerPool(2);
        var weight = ProductWeight.Pack(KernelData.Normal(seeded, OutputWidth * InputWidth), OutputWidth, InputWidth, format);
        var input = KernelData.Normal(seeded, InputWidth);
        int[] outputs = [.. Enumerable.Range(0, OutputWidth).Where(output => output % 3 != 1)];
        Assert.Equal(Run(weight.Select(outputs), input, 1), Run(weight.Select(outputs, reused: null, pool), input, 1));
    }

    [Fact]
    public void Select_OutputOrMemoryThatIsNotItsOwn_IsRefused()
    {
        var weight = ProductWeight.Pack(new float[12], outputWidth: 4, inputWidth: 3, ProductFormat.Single);
        var other = ProductWeight.Pack(new float[12], outputWidth: 4, inputWidth: 3, ProductFormat.Single);
        Assert.StartsWith("The output 4 is none of a weight that has 4.", Assert.Throws<ArgumentException>("outputs", () => weight.Select(new[] { 0, 4 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("outputs", () => weight.Select(new[] { -1 }));
        Assert.Throws<ArgumentException>("reused", () => weight.Select(new[] { 0 }, weight));
        Assert.Throws<ArgumentException>("reused", () => weight.Select(new[] { 0 }, other.Select(new[] { 0 })));
    }

    private static float[] Run(ProductWeight weight, float[] input, int rowCount) =>
        KernelData.Run(rowCount * weight.OutputWidth, output => MatMul.Multiply(input, weight, new Epilogue(), output.Span, new ProductWorkspace()));

    private static void AssertColumns(float[] whole, int width, int[] outputs, float[] actual)
    {
        for (var i = 0; i < actual.Length; i++)
            Assert.Equal(BitConverter.SingleToInt32Bits(whole[i / outputs.Length * width + outputs[i % outputs.Length]]), BitConverter.SingleToInt32Bits(actual[i]));
    }
}
