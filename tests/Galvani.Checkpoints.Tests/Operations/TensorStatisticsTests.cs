using System.Runtime.InteropServices;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Tests.Tensors;

namespace Galvani.Checkpoints.Tests.Operations;

/// <summary>Statistics of tensors, those of which each number stands in several places among them.</summary>
public sealed class TensorStatisticsTests
{
    private static readonly float[] Numbers = [3, -1, 0, 0.5f, float.NaN, float.PositiveInfinity, 0, -7];

    [Theory]
    [InlineData(new long[] { 5, 8 }, new long[] { 0, 1 })]
    [InlineData(new long[] { 8, 5 }, new long[] { 1, 0 })]
    [InlineData(new long[] { 2, 3, 4, 1 }, new long[] { 4, 0, 1, 0 })]
    [InlineData(new long[] { 7 }, new long[] { 0 })]
    [InlineData(new long[] { 0, 7 }, new long[] { 1, 0 })]
    [InlineData(new long[] { 4, 5 }, new long[] { 1, 1 })]
    public void Compute_ExpandedView_EqualsThatOfItsNumbersLaidOut(long[] shape, long[] strides)
    {
        var view = new TensorView(Storage(Numbers), 0, shape, strides);
        float[] laidOut = view.ToSingles();
        var expected = TensorStatistics.Compute(TensorView.RowMajor(Storage(laidOut), [laidOut.Length]), TestContext.Current.CancellationToken);
        var statistics = TensorStatistics.Compute(view, TestContext.Current.CancellationToken);
        Assert.Equal(expected.Histogram, statistics.Histogram);
        Assert.Equal((expected.Count, expected.NanCount, expected.InfinityCount, expected.ZeroCount), (statistics.Count, statistics.NanCount, statistics.InfinityCount, statistics.ZeroCount));
        Assert.Equal((expected.Minimum, expected.Maximum), (statistics.Minimum, statistics.Maximum));
        Assert.Equal(expected.Mean, statistics.Mean, 1e-12);
        Assert.Equal(expected.StandardDeviation, statistics.StandardDeviation, 1e-12);
        Assert.Equal(expected.Norm, statistics.Norm, 1e-12);
    }

    /// <summary>Elements that overlap in any way, of every type of real numbers: as the numbers that element by element stand there.</summary>
    [Fact]
    public void Compute_RandomViewsOfEveryType_EqualWhatTheirElementsSay()
    {
        var random = new Random(12);
        foreach (var type in RealTypes())
        {
            var storage = RandomStorage(type, 20_000, random);
            for (var i = 0; i < 12; i++)
            {
                var view = RandomViews.Of(storage, random);
                var numbers = Numbers64(view);
                var statistics = TensorStatistics.Compute(view, TestContext.Current.CancellationToken);
                AssertStatistics(numbers, statistics, $"{type} [{string.Join(", ", view.Shape)}] by [{string.Join(", ", view.Strides)}]");
                AssertRows(view, numbers);
            }
        }
    }

    /// <summary>More elements than a type of two bytes has values are counted by value: exact sums, and the same within a few units in the last place as one by one.</summary>
    [Theory]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Int16)]
    [InlineData(DType.UInt16)]
    public void Compute_ManyElementsOfTwoBytes_EqualWhatTheirElementsSay(DType type)
    {
        var view = TensorView.RowMajor(RandomStorage(type, 1 << 21, new Random(13)), [1 << 10, 1 << 11]).Permuted([1, 0]);
        AssertStatistics(Numbers64(view), TensorStatistics.Compute(view, TestContext.Current.CancellationToken), type.ToString());
    }

    /// <summary>Rows that lie closer to each other than their elements are read column by column: whole columns, parts of them, and of several axes.</summary>
    [Theory]
    [InlineData(new long[] { 16, 9_000 }, new long[] { 1, 16 })]
    [InlineData(new long[] { 5_000, 3 }, new long[] { 1, 5_000 })]
    [InlineData(new long[] { 9_000, 20 }, new long[] { 1, 7 })]
    [InlineData(new long[] { 300, 200 }, new long[] { 3, 5 })]
    [InlineData(new long[] { 100, 6, 7 }, new long[] { 2, 9, 5 })]
    [InlineData(new long[] { 5, 70_000 }, new long[] { 1, 2 })]
    [InlineData(new long[] { 30, 70_000 }, new long[] { 0, 1 })]
    [InlineData(new long[] { 3, 70_001 }, new long[] { 9, 1 })]
    public void RowNorms_OfAnyStrides_AddInTheRowsOrder(long[] shape, long[] strides)
    {
        var random = new Random(14);
        foreach (var type in (DType[])[DType.Int8, DType.Float8E5M2, DType.Bool, DType.Float32, DType.Float64])
        {
            var view = new TensorView(RandomStorage(type, 150_000, random), 7, shape, strides);
            AssertRows(view, Numbers64(view));
        }
    }

    [Fact]
    public void ExtremeRows_FewRowsNanAndEqualOnes_AreOrderedByNormThenByRow()
    {
        var view = TensorView.RowMajor(Storage([2, 0, float.NaN, 0, -1, 0, 2, 0, 0, 1]), [5, 2]);
        Assert.Equal([1L, 2, 4, 0, 3], TensorStatistics.ExtremeRows(view, 5, TestContext.Current.CancellationToken).Select(row => row.Row));
        Assert.Equal([1L, 3], TensorStatistics.ExtremeRows(view, 1, TestContext.Current.CancellationToken).Select(row => row.Row));
    }

    [Theory]
    [InlineData(new long[] { 1L << 50, 0 }, new long[] { 1, 1 }, 0)]
    [InlineData(new long[] { 1L << 40, 3 }, new long[] { 0, 1 }, 3.1622776601683795)]
    public void ExtremeRows_MoreRowsThanMemory_AreOneRow(long[] shape, long[] strides, double norm)
    {
        var rows = TensorStatistics.ExtremeRows(new TensorView(Storage(Numbers), 0, shape, strides), 2, TestContext.Current.CancellationToken);
        Assert.Equal([new RowNorm(0, norm), new RowNorm(1, norm), new RowNorm(shape[0] - 2, norm), new RowNorm(shape[0] - 1, norm)], rows);
        Assert.Throws<ArgumentException>(() => TensorStatistics.RowNorms(new TensorView(Storage(Numbers), 0, shape, strides), TestContext.Current.CancellationToken));
    }

    private static IEnumerable<DType> RealTypes() => Enum.GetValues<DType>().Where(type => type.IsReadable() && !type.IsComplex());

    private static double[] Numbers64(TensorView view)
    {
        var elements = new TensorElement[view.ElementCount];
        view.ReadElements(elements);
        return Array.ConvertAll(elements, element => element.Kind == TensorElementKind.Real ? element.Real : (double)element.Integer);
    }

    private static void AssertStatistics(double[] numbers, TensorStatistics statistics, string name)
    {
        double[] finite = [.. numbers.Where(double.IsFinite)];
        Assert.Equal((numbers.Length, numbers.Count(double.IsNaN), numbers.Count(double.IsInfinity), finite.Count(number => number == 0)), (statistics.Count, statistics.NanCount, statistics.InfinityCount, statistics.ZeroCount));
        var mean = finite.Length == 0 ? double.NaN : finite.Sum() / finite.Length;
        Assert.Equal(finite.Length == 0 ? double.NaN : finite.Min(), statistics.Minimum);
        Assert.Equal(finite.Length == 0 ? double.NaN : finite.Max(), statistics.Maximum);
        // The sums of n numbers in any two orders differ by at most n units in the last place of the sum of their sizes.
        var allowance = finite.Length * Math.Pow(2, -52);
        Close(mean, statistics.Mean, allowance * finite.Sum(Math.Abs) / finite.Length);
        var deviation = Math.Sqrt(finite.Sum(number => (number - mean) * (number - mean)) / finite.Length);
        Close(deviation, statistics.StandardDeviation, 4 * allowance * (deviation + Math.Abs(mean)));
        var norm = Math.Sqrt(finite.Sum(number => number * number));
        Close(norm, statistics.Norm, allowance * norm);
        Assert.Equal(finite.Length, statistics.Histogram.Sum());

        void Close(double expected, double actual, double difference) =>
            LazyAssert.True(expected.Equals(actual) || Math.Abs(expected - actual) <= difference, $"{name}: {actual} instead of {expected}, allowed is a difference of {difference}");
    }

    private static void AssertRows(TensorView view, double[] numbers)
    {
        var width = numbers.Length / (int)view.Shape[0];
        var norms = TensorStatistics.RowNorms(view, TestContext.Current.CancellationToken);
        for (var row = 0; row < norms.Length; row++)
            Assert.Equal(Kernels.Reductions.Norm(Array.ConvertAll(numbers[(row * width)..((row + 1) * width)], number => (float)number)), norms[row]);
        long[] order = [.. Enumerable.Range(0, norms.Length).OrderBy(row => norms[row]).ThenBy(row => row)];
        long[] expected = order.Length <= 6 ? order : [.. order[..3], .. order[^3..]];
        Assert.Equal(expected.Select(row => new RowNorm(row, norms[row])), TensorStatistics.ExtremeRows(view, 3, TestContext.Current.CancellationToken));
    }

    private static StorageView RandomStorage(DType type, int count, Random random)
    {
        var bytes = new byte[count * type.ElementBytes()];
        random.NextBytes(bytes);
        if (type is DType.Float64) // random bits have sums that overflow
            Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5).ToArray().AsSpan().CopyTo(MemoryMarshal.Cast<byte, double>(bytes.AsSpan()));
        return new StorageView("0", type, count, "cpu", entryName: null, () => bytes);
    }

    private static StorageView Storage(float[] numbers)
    {
        var bytes = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        return new StorageView("0", DType.Float32, numbers.Length, "cpu", entryName: null, () => bytes);
    }
}
