using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Operations;

/// <summary>Differences of tensors, and of trees.</summary>
public sealed class TensorDifferenceTests
{
    [Fact]
    public void Compute_Numbers_GivesCountMaximumMeanAndCosine()
    {
        var difference = Compute(View(3, 4, 0, 0), View(3, 0, 0, 1));
        Assert.Equal((2, 4.0, 1.25), (difference.DifferentCount, difference.Maximum, difference.Mean));
        Assert.Equal(9 / 5.0 / Math.Sqrt(10), difference.Cosine, 1e-15);
    }

    [Fact]
    public void Compute_EqualWithNanAndInfinity_IsNone() =>
        Assert.Equal(new TensorDifference(0, 0, 0, 1), Compute(View(float.NaN, float.PositiveInfinity, -0f), View(float.NaN, float.PositiveInfinity, 0f)));

    [Fact]
    public void Compute_NanAgainstANumber_IsInfinitelyFar()
    {
        var difference = Compute(View(float.NaN, 1), View(2, 1));
        Assert.Equal((1, double.PositiveInfinity), (difference.DifferentCount, difference.Maximum));
    }

    [Fact]
    public void Compute_OtherElementType_ComparesNumbers()
    {
        var half = new FloatCast(DType.Float16).Cast("x", View(1, 1.0001f));
        var difference = Compute(View(1, 1.0001f), half);
        Assert.Equal(1, difference.DifferentCount);
        Assert.Equal(1.0001f - 1.0, difference.Maximum, 1e-9);
    }

    [Fact]
    public void Compute_LargeIntegers_AreSubtractedExactly()
    {
        var difference = Compute(Integers(long.MaxValue, 5), Integers(long.MaxValue - 1, 5));
        Assert.Equal((1, 1.0), (difference.DifferentCount, difference.Maximum));
        Assert.Equal(Math.Pow(2, 64), Compute(Integers(long.MaxValue), Integers(long.MinValue)).Maximum);
    }

    [Fact]
    public void Compute_TypesWhoseNumbersAreNotRead_CountsUnequalBytes()
    {
        var difference = Compute(Complex(1, 2, 3, 4), Complex(1, 2, 3, 5));
        Assert.Equal(1, difference.DifferentCount);
        Assert.True(double.IsNaN(difference.Maximum));
    }

    /// <summary>Of types of one byte, many elements are compared by the pairs that occur: as element by element in double precision.</summary>
    [Theory]
    [InlineData(DType.Int8, DType.Int8)]
    [InlineData(DType.UInt8, DType.Float8E5M2)]
    [InlineData(DType.Float8E4M3Fn, DType.Float8E4M3Fn)]
    [InlineData(DType.Bool, DType.Int8)]
    public void Compute_ManyBytesOfAnyStrides_EqualsTheirNumbersOneByOne(DType firstType, DType secondType)
    {
        var random = new Random(14);
        var bytes = new byte[90_000];
        random.NextBytes(bytes);
        var first = new TensorView(new StorageView("0", firstType, bytes.Length, "cpu", entryName: null, () => bytes), 1, [300, 250], [1, 299]);
        var second = new TensorView(new StorageView("1", secondType, bytes.Length, "cpu", entryName: null, () => bytes), 7, [300, 250], [2, 3]);
        var expected = Compute(Widened(first), Widened(second));
        var difference = Compute(first, second);
        Assert.Equal((expected.DifferentCount, expected.Maximum), (difference.DifferentCount, difference.Maximum));
        Assert.Equal(expected.Mean, difference.Mean, expected.Mean * 1e-12);
        Assert.Equal(expected.Cosine, difference.Cosine, 1e-12);
        Assert.Equal(new TensorDifference(0, 0, 0, 1), Compute(first, first));
    }

    [Fact]
    public void Compute_OtherShapes_IsRefused() => Assert.Throws<ArgumentException>(() => Compute(View(1, 2), View(1)));

    [Fact]
    public void AreEqual_SameContentInOtherOrder_IsTrueForMappingsAndFalseForLists()
    {
        var one = CheckpointTree.Dictionary([new("a", CheckpointTree.Integer(1)), new("b", CheckpointTree.List([CheckpointTree.Text("x"), CheckpointTree.Text("y")]))]);
        var same = CheckpointTree.Dictionary([new("b", CheckpointTree.List([CheckpointTree.Text("x"), CheckpointTree.Text("y")])), new("a", CheckpointTree.Integer(1))]);
        var other = CheckpointTree.Dictionary([new("a", CheckpointTree.Integer(1)), new("b", CheckpointTree.List([CheckpointTree.Text("y"), CheckpointTree.Text("x")]))]);
        Assert.True(TreeEquality.AreEqual(one, same));
        Assert.False(TreeEquality.AreEqual(one, other));
        Assert.False(TreeEquality.AreEqual(one, CheckpointTree.Dictionary([new("a", CheckpointTree.Integer(1))])));
    }

    [Theory]
    [InlineData("tree")]
    [InlineData("tree-protocol4")]
    public void AreEqual_RealTreeWithItself_EndsAndIsTrue(string name)
    {
        using var first = Checkpoint.Open(Repository.Golden("containers", name + ".pt"));
        Assert.True(TreeEquality.AreEqual(first.Root, first.Root));
    }

    [Fact]
    public void AreEqual_NodesSharedMoreOftenThanTheyCanBeWalked_Ends()
    {
        static PickleValue Laughs()
        {
            PickleValue node = CheckpointTree.Text("lol");
            for (var level = 0; level < 60; level++)
                node = CheckpointTree.List(Enumerable.Repeat(node, 10));
            return node;
        }

        Assert.True(TreeEquality.AreEqual(Laughs(), Laughs()));
    }

    private static TensorDifference Compute(TensorView first, TensorView second) => TensorDifference.Compute(first, second, TestContext.Current.CancellationToken);

    private static TensorView View(params float[] numbers) => CheckpointTree.Tensor(numbers, numbers.Length).View;

    private static TensorView Integers(params long[] numbers) => Raw(DType.Int64, numbers.Length, [.. numbers.SelectMany(BitConverter.GetBytes)]);

    private static TensorView Complex(params float[] parts) => Raw(DType.Complex64, parts.Length / 2, [.. parts.SelectMany(BitConverter.GetBytes)]);

    private static TensorView Widened(TensorView view)
    {
        var numbers = new double[view.ElementCount];
        view.CopyTo(numbers);
        var bytes = numbers.SelectMany(BitConverter.GetBytes).ToArray();
        return TensorView.RowMajor(new StorageView("2", DType.Float64, numbers.Length, "cpu", entryName: null, () => bytes), view.Shape);
    }

    private static TensorView Raw(DType type, long count, byte[] bytes) =>
        CheckpointTree.Computed(type, [count], (first, destination) => bytes.AsSpan((int)first * type.ElementBytes(), destination.Length).CopyTo(destination)).View;
}
