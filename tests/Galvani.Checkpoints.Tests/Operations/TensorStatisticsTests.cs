using System.Runtime.InteropServices;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;

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

    private static StorageView Storage(float[] numbers)
    {
        var bytes = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        return new StorageView("0", DType.Float32, numbers.Length, "cpu", entryName: null, () => bytes);
    }
}
