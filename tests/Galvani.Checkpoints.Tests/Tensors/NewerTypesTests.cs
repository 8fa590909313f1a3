using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Tensors;

/// <summary>Unsigned integers, 8-bit floats and bits, from the file to numbers, statistics, differences, casts, and into files again.</summary>
public sealed class NewerTypesTests
{
    public static TheoryData<DType> Types =>
    [
        DType.UInt16, DType.UInt32, DType.UInt64, DType.Float8E4M3Fn, DType.Float8E5M2, DType.Float8E4M3FnUz, DType.Float8E5M2FnUz,
        DType.Float8E8M0Fnu, DType.Float4E2M1FnX2, DType.Bits8, DType.Bits16, DType.Bits1x8, DType.Bits2x4, DType.Bits4x2,
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void CopyTo_AnyStrides_GivesTheNumbersOfTheElements(DType type)
    {
        var view = View(type, [2, 3], strides: [1, 2]); // column by column
        double[] expected = [.. Elements(view).Select(Number)];
        var doubles = new double[6];
        view.CopyTo(doubles);
        Assert.Equal(expected, doubles);
        Assert.Equal(expected.Select(number => (float)number), view.ToSingles());
        Assert.NotEqual(1, expected.Distinct().Count());
    }

    [Fact]
    public void Compute_UnsignedIntegersBeyondTheSignedOnes_AreLarge()
    {
        var statistics = TensorStatistics.Compute(Of(DType.UInt64, [2], [.. BitConverter.GetBytes(ulong.MaxValue), .. BitConverter.GetBytes(0UL)]), TestContext.Current.CancellationToken);
        Assert.Equal((0, ulong.MaxValue, 1), (statistics.Minimum, statistics.Maximum, statistics.ZeroCount));
        Assert.Equal(65535, TensorStatistics.Compute(Of(DType.UInt16, [1], [0xFF, 0xFF]), TestContext.Current.CancellationToken).Mean);
    }

    [Fact]
    public void Compute_EveryEightBitFloat_CountsWhatIsNotFinite()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(bits => (byte)bits)];
        var statistics = TensorStatistics.Compute(Of(DType.Float8E5M2, [256], all), TestContext.Current.CancellationToken);
        Assert.Equal((6, 2, 2, -57344, 57344), (statistics.NanCount, statistics.InfinityCount, statistics.ZeroCount, statistics.Minimum, statistics.Maximum));
        Assert.Equal(2, TensorStatistics.Compute(Of(DType.Float8E4M3Fn, [256], all), TestContext.Current.CancellationToken).NanCount);
    }

    [Fact]
    public void Difference_OfLargeUnsignedIntegers_IsExact()
    {
        var (large, larger) = (Of(DType.UInt64, [1], BitConverter.GetBytes(ulong.MaxValue - 1)), Of(DType.UInt64, [1], BitConverter.GetBytes(ulong.MaxValue)));
        Assert.Equal(1, TensorDifference.Compute(large, larger, TestContext.Current.CancellationToken).Maximum);
        var negative = Of(DType.Int64, [1], BitConverter.GetBytes(-1L));
        Assert.Equal((double)ulong.MaxValue + 1, TensorDifference.Compute(negative, larger, TestContext.Current.CancellationToken).Maximum);
    }

    [Fact]
    public void Difference_OfEightBitFloatsAndOthers_IsThatOfTheirNumbers()
    {
        // 1 and 448 against 1 and 384
        var difference = TensorDifference.Compute(Of(DType.Float8E4M3Fn, [2], [0x38, 0x7E]), Of(DType.Float8E5M2, [2], [0x3C, 0x5E]), TestContext.Current.CancellationToken);
        Assert.Equal((1, 64.0), (difference.DifferentCount, difference.Maximum));
    }

    [Theory]
    [MemberData(nameof(Types))]
    [InlineData(DType.Complex32)]
    [InlineData(DType.BComplex32)]
    public void Write_Checkpoint_ComesBackWithEqualBytesAndSharing(DType type)
    {
        using var folder = new TemporaryFolder();
        var view = View(type, [2, 3], strides: [3, 1]);
        var half = new TensorView(view.Storage, 3, [3], [1]);
        CheckpointWriter.Write(folder.File("x.pt"), CheckpointTree.Dictionary([new("w", new PickleTensor(view)), new("half", new PickleTensor(half))]), cancellationToken: TestContext.Current.CancellationToken);
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        var (written, shared) = (checkpoint.Tensors[0].View, checkpoint.Tensors[1].View);
        Assert.Equal((type, true), (written.DType, ReferenceEquals(written.Storage, shared.Storage)));
        Assert.Equal(Elements(view), Elements(written));
        Assert.Equal(Elements(view)[3..], Elements(shared));
        Assert.Single(checkpoint.Storages);
        Assert.Empty(CheckpointVerifier.Verify(folder.File("x.pt"), cancellationToken: TestContext.Current.CancellationToken).Problems);
    }

    /// <summary>torch has no storage class for these types: it writes bytes, and the type behind the tensor's hooks.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    [InlineData(DType.Complex32)]
    [InlineData(DType.BComplex32)]
    public void Write_Checkpoint_NamesTheTypeAsTorchDoes(DType type)
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter.Write(folder.File("x.pt"), new PickleTensor(View(type, [2, 3], strides: [3, 1])), cancellationToken: TestContext.Current.CancellationToken);
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        var globals = PickleDisassembler.Disassemble(checkpoint.ReadPickle(), "x.pt", entry: null).Where(instruction => instruction.Opcode == "GLOBAL").Select(instruction => instruction.Argument);
        Assert.Equal(["torch._utils _rebuild_tensor_v3", "torch.storage UntypedStorage", "collections OrderedDict", $"torch {type.TorchName()}"], globals);
    }

    [Theory]
    [InlineData("x.safetensors", DType.UInt16)]
    [InlineData("x.safetensors", DType.UInt32)]
    [InlineData("x.safetensors", DType.UInt64)]
    [InlineData("x.safetensors", DType.Float8E4M3Fn)]
    [InlineData("x.safetensors", DType.Float8E5M2)]
    [InlineData("x.safetensors", DType.Float8E4M3FnUz)]
    [InlineData("x.safetensors", DType.Float8E5M2FnUz)]
    [InlineData("x.safetensors", DType.Float8E8M0Fnu)]
    [InlineData("x.safetensors", DType.Float4E2M1FnX2)]
    [InlineData("x.npz", DType.UInt16)]
    [InlineData("x.npz", DType.UInt32)]
    [InlineData("x.npz", DType.UInt64)]
    public void Write_FormatThatHasTheType_ComesBackEqual(string name, DType type)
    {
        using var folder = new TemporaryFolder();
        var view = View(type, [2, 3], strides: [1, 2]);
        CheckpointFile.Write(
            CheckpointDestination.File(folder.File(name)), new CheckpointContent(new PickleTensor(view), [new("w", view)], []), cancellationToken: TestContext.Current.CancellationToken);
        using var checkpoint = Checkpoint.Open(folder.File(name));
        var written = checkpoint.Tensors.Single().View;
        Assert.Equal(type, written.DType);
        Assert.Equal(Elements(view), Elements(written));
    }

    [Theory]
    [InlineData(DType.Float8E4M3Fn)]
    [InlineData(DType.Float8E5M2FnUz)]
    public void Cast_OfEightBitFloats_IsExact(DType type)
    {
        var view = View(type, [2, 3], strides: [3, 1]);
        Assert.Equal(view.ToSingles(), new FloatCast(DType.Float16).Cast("w", view).ToSingles());
        Assert.False(type.IsFloatingPoint());
    }

    /// <summary>The format counts numbers of 4 bits, and has no word for a pair without a dimension.</summary>
    [Fact]
    public void Write_SafetensorsOfPairs_CountsNumbers()
    {
        using var folder = new TemporaryFolder();
        Write(View(DType.Float4E2M1FnX2, [2, 3], strides: [3, 1]));
        Assert.Contains("\"dtype\":\"F4\",\"shape\":[2,6]", File.ReadAllText(folder.File("x.safetensors")), StringComparison.Ordinal);
        Assert.Contains("w is one pair of 4-bit numbers", Assert.Throws<UnsupportedCheckpointException>(() => Write(View(DType.Float4E2M1FnX2, [], []))).Message, StringComparison.Ordinal);

        void Write(TensorView view) => CheckpointFile.Write(
            CheckpointDestination.File(folder.File("x.safetensors")), new CheckpointContent(new PickleTensor(view), [new("w", view)], []), cancellationToken: TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(DType.Bits8)]
    [InlineData(DType.Float4E2M1FnX2)]
    public void Write_NumpyOfBits_IsUnsupportedByName(DType type)
    {
        using var folder = new TemporaryFolder();
        var view = View(type, [2, 3], strides: [3, 1]);
        var error = Assert.Throws<UnsupportedCheckpointException>(() => CheckpointFile.Write(
            CheckpointDestination.File(folder.File("x.npz")), new CheckpointContent(new PickleTensor(view), [new("w", view)], []), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(type.TorchName(), error.Message, StringComparison.Ordinal);
    }

    private static double Number(TensorElement element) => element.Kind == TensorElementKind.Integer ? (double)element.Integer : element.Real;

    private static TensorElement[] Elements(TensorView view)
    {
        var elements = new TensorElement[view.ElementCount];
        view.ReadElements(elements);
        return elements;
    }

    private static TensorView View(DType type, long[] shape, long[] strides)
    {
        var bytes = Enumerable.Range(0, 6 * type.ElementBytes()).Select(at => (byte)(0x21 + (37 * at % 0x50))).ToArray();
        return new TensorView(new StorageView("0", type, 6, "cpu", entryName: null, () => bytes), 0, shape, strides);
    }

    private static TensorView Of(DType type, long[] shape, byte[] bytes) =>
        TensorView.RowMajor(new StorageView("0", type, bytes.Length / type.ElementBytes(), "cpu", entryName: null, () => bytes), shape);
}
