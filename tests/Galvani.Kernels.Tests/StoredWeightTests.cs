using System.Buffers.Binary;

namespace Galvani.Kernels.Tests;

/// <summary>Stored weights: the bytes of the layout, written down once more here as the formats' documentation has them, and products straight from a mapped file.</summary>
public sealed class StoredWeightTests
{
    public static TheoryData<ProductFormat> Formats => [ProductFormat.Single, ProductFormat.Int8, ProductFormat.Int8Exact, ProductFormat.Int8Quads];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Map_WhatWasWritten_MultipliesAsThePackedWeight(ProductFormat format)
    {
        foreach (var (outputWidth, inputWidth) in ((int, int)[])[(1, 1), (16, 4), (17, 5), (300, 33), (5, 20_001)])
        {
            using var stored = new StoredFile(outputWidth, inputWidth, format, offset: 192);
            var input = KernelData.Normal(new Random(3), 3 * inputWidth);
            var packed = ProductWeight.Pack(stored.Weight, outputWidth, inputWidth, format);
            var mapped = StoredWeight.Map(stored.Memory, 192, outputWidth, inputWidth, format);
            Assert.Equal(Run(packed, input), Run(mapped, input));
            Assert.Equal(Elements(packed), Elements(mapped));
            Assert.Null(StoredWeight.FindImpossibleScale(mapped));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Write_EveryWeight_HasItsPlaceInTheLayout(ProductFormat format)
    {
        const int OutputWidth = 37, InputWidth = 11;
        using var stored = new StoredFile(OutputWidth, InputWidth, format, offset: 0);
        var bytes = stored.Bytes;
        var step = format switch { ProductFormat.Single => 1, ProductFormat.Int8Exact => 2, _ => 4 };
        var stepCount = (InputWidth + step - 1) / step;
        var panels = 3 * stepCount * step * 16 * (format == ProductFormat.Single ? sizeof(float) : 1);
        var scales = (panels + 63) / 64 * 64;
        Assert.Equal(format switch { ProductFormat.Single => scales, ProductFormat.Int8Exact => scales + 3 * 64, _ => scales + 2 * 3 * 64 }, bytes.Length);
        for (var output = 0; output < OutputWidth; output++)
        {
            var row = stored.Weight.AsSpan(output * InputWidth, InputWidth).ToArray();
            var magnitude = format == ProductFormat.Single ? 0 : WeightScale.Find(row, row.Max(MathF.Abs), 127);
            var twin = KernelData.Twin(format, row);
            var sum = 0;
            for (var input = 0; input < InputWidth; input++)
            {
                var index = ((output / 16 * stepCount + input / step) * 16 + output % 16) * step + input % step;
                if (format == ProductFormat.Single)
                {
                    Assert.Equal(row[input], BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * index)));
                    continue;
                }

                var integer = twin is { } made ? made.Integers[input] : Math.Clamp((int)MathF.Round(row[input] * (127 / magnitude)), -127, 127);
                Assert.Equal(integer, (sbyte)bytes[index]);
                sum += integer;
            }

            if (format != ProductFormat.Single)
                Assert.Equal(twin?.Scale ?? magnitude / 127, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(scales + 4 * output)));
            if (twin is not null)
                Assert.Equal(sum, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(scales + 3 * 64 + 4 * output)));
        }
    }

    [Fact]
    public void ReadElements_SinglePrecision_AreTheBitsThatWerePacked()
    {
        float[] weight = [1, -0f, float.NaN, float.NegativeInfinity, 1e-44f, BitConverter.UInt32BitsToSingle(0x7FA00001)];
        var packed = ProductWeight.Pack(weight, 3, 2, ProductFormat.Single);
        Assert.Equal(weight.Select(BitConverter.SingleToUInt32Bits), Elements(packed).Select(BitConverter.SingleToUInt32Bits));
        var part = new float[3];
        packed.ReadElements(1, part);
        Assert.Equal(weight[1..4].Select(BitConverter.SingleToUInt32Bits), part.Select(BitConverter.SingleToUInt32Bits));
        Assert.Throws<ArgumentOutOfRangeException>(() => packed.ReadElements(4, new float[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => packed.ReadElements(-1, new float[1]));
    }

    [Fact]
    public void ReadElements_EightBits_AreWithinHalfAStep()
    {
        var weight = KernelData.Normal(new Random(8), 20 * 50);
        var (exact, fast) = (Elements(ProductWeight.Pack(weight, 20, 50, ProductFormat.Int8Exact)), Elements(ProductWeight.Pack(weight, 20, 50, ProductFormat.Int8)));
        for (var i = 0; i < weight.Length; i++)
        {
            // The largest weights of an output may be cut short.
            var row = weight.AsSpan(i / 50 * 50, 50).ToArray();
            var reach = WeightScale.Find(row, row.Max(MathF.Abs), 127);
            Assert.InRange(exact[i] - Math.Clamp(weight[i], -reach, reach), -0.501 * reach / 127, 0.501 * reach / 127);
            var (integers, scale) = KernelData.PairTwin(row);
            Assert.Equal(integers[i % 50] * scale, fast[i], 1e-6 * reach);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Write_NumberThatIsNotFiniteIn8Bits_IsRefusedByOutput(float number)
    {
        var weight = new float[40 * 3];
        weight[38 * 3 + 1] = number;
        var exception = Assert.Throws<NotFiniteNumberException>(() => StoredWeight.Write(new Rows(weight, 3), 40, 3, ProductFormat.Int8, Stream.Null));
        Assert.Contains("output 38", exception.Message, StringComparison.Ordinal);
        StoredWeight.Write(new Rows(weight, 3), 40, 3, ProductFormat.Single, Stream.Null);
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void FindImpossibleScale_ChangedInTheFile_IsFound(float scale)
    {
        using var stored = new StoredFile(20, 8, ProductFormat.Int8Exact, offset: 0, bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(2 * 8 * 16 + 4 * 7), scale));
        Assert.Equal(7, StoredWeight.FindImpossibleScale(StoredWeight.Map(stored.Memory, 0, 20, 8, ProductFormat.Int8Exact)));
    }

    [Theory]
    [InlineData(ProductFormat.Int8, 127, 1, false)]
    [InlineData(ProductFormat.Int8, 64, 65, true)]
    [InlineData(ProductFormat.Int8, -100, -29, true)]
    [InlineData(ProductFormat.Int8, -128, 0, true)]
    [InlineData(ProductFormat.Int8Quads, 127, 1, false)]
    [InlineData(ProductFormat.Int8Quads, 100, 100, true)]
    [InlineData(ProductFormat.Int8Quads, -128, 0, true)]
    [InlineData(ProductFormat.Int8Exact, 127, 127, false)]
    [InlineData(ProductFormat.Int8Exact, 0, -128, true)]
    public void HasImpossibleIntegers_ChangedInTheFile_AreFound(ProductFormat format, sbyte even, sbyte odd, bool isImpossible)
    {
        using var stored = new StoredFile(20, 8, format, offset: 0, bytes => (bytes[4], bytes[5], bytes[64 + 4], bytes[64 + 5]) = ((byte)even, (byte)odd, 0, 0)); // the same place of the next step
        Assert.Equal(isImpossible, StoredWeight.HasImpossibleIntegers(StoredWeight.Map(stored.Memory, 0, 20, 8, format)));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void IsMadeOf_RowsThatWerePackedAndOthers_AreToldApart(ProductFormat format)
    {
        foreach (var width in (int[])[1, 2, 11, 768])
        {
            var weight = KernelData.Normal(new Random(width), 8 * width);
            weight.AsSpan(7 * width).Clear();
            var packed = ProductWeight.Pack(weight, 8, width, format);
            for (var output = 0; output < 8; output++)
            {
                var row = weight.AsSpan(output * width, width).ToArray();
                Assert.True(StoredWeight.IsMadeOf(packed, output, row));
                row[width / 2] = (row[width / 2] > 0 ? -1 : 1) * (0.5f * row.Max(MathF.Abs) + 0.1f);
                Assert.False(StoredWeight.IsMadeOf(packed, output, row));
                row[width / 2] = float.NaN;
                Assert.False(output < 7 && StoredWeight.IsMadeOf(packed, output, row));
            }

            Assert.Throws<ArgumentException>(() => StoredWeight.IsMadeOf(packed, 0, new float[width + 1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => StoredWeight.IsMadeOf(packed, 8, new float[width]));
        }
    }

    [Fact]
    public void Map_PlacesThatCannotBe_AreRefused()
    {
        using var stored = new StoredFile(20, 8, ProductFormat.Int8, offset: 64);
        Assert.Throws<ArgumentException>(() => StoredWeight.Map(stored.Memory, 60, 20, 8, ProductFormat.Int8));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoredWeight.Map(stored.Memory, 128, 20, 8, ProductFormat.Int8));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoredWeight.Map(stored.Memory, 0, -1, 8, ProductFormat.Int8));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoredWeight.Map(stored.Memory, 0, 1, 8, (ProductFormat)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => StoredWeight.Map(stored.Memory, 0, 1, QuantizedMatrix.LargestInputWidth + 1, ProductFormat.Int8));
        Assert.Throws<OverflowException>(() => StoredWeight.Map(stored.Memory, 0, int.MaxValue, 8, ProductFormat.Single));
        var mapped = StoredWeight.Map(stored.Memory, 64, 20, 8, ProductFormat.Int8);
        stored.Memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mapped.ReadElements(0, new float[1]));
    }

    private static float[] Elements(ProductWeight weight)
    {
        var elements = new float[weight.OutputWidth * weight.InputWidth];
        weight.ReadElements(0, elements);
        return elements;
    }

    private static float[] Run(ProductWeight weight, float[] input) =>
        KernelData.Run(3 * weight.OutputWidth, destination => MatMul.Multiply(input, weight, default, destination.Span, new ProductWorkspace()));

    private sealed class Rows(float[] weight, int width) : IWeightRows
    {
        public void Read(int first, Span<float> rows) => weight.AsSpan(first * width, rows.Length).CopyTo(rows);
    }

    /// <summary>A file that holds one weight of random numbers.</summary>
    private sealed class StoredFile : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public StoredFile(int outputWidth, int inputWidth, ProductFormat format, int offset, Action<byte[]>? change = null)
        {
            Weight = KernelData.Normal(new Random(outputWidth), outputWidth * inputWidth);
            using var stream = new MemoryStream();
            var reported = 0L;
            stream.Write(new byte[offset]);
            StoredWeight.Write(new Rows(Weight, inputWidth), outputWidth, inputWidth, format, stream, bytes => reported += bytes);
            Bytes = stream.ToArray();
            Assert.Equal((StoredWeight.ByteCount(outputWidth, inputWidth, format), reported), (Bytes.Length - offset, StoredWeight.ByteCount(outputWidth, inputWidth, format)));
            change?.Invoke(Bytes);
            File.WriteAllBytes(folder.File("x"), Bytes);
            Memory = MappedMemory.Open(folder.File("x"));
        }

        public float[] Weight { get; }

        public byte[] Bytes { get; }

        public MappedMemory Memory { get; }

        public void Dispose()
        {
            Memory.Dispose();
            folder.Dispose();
        }
    }
}
