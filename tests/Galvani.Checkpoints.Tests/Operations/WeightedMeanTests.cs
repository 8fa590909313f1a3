using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Operations;

/// <summary>Means of tensors against sums in double precision.</summary>
public sealed class WeightedMeanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8193)]
    [InlineData(30000)]
    public void Of_Weights_IsTheMeanInDoublePrecisionRoundedOnce(int count)
    {
        var random = new Random(count);
        double[] weights = [1, 2.5, 0.1];
        var numbers = weights.Select(_ => Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray()).ToList();
        var actual = Mean(numbers, weights);
        for (var i = 0; i < count; i++)
        {
            var sum = 0.0;
            for (var file = 0; file < weights.Length; file++)
                sum += weights[file] * numbers[file][i];
            Assert.Equal((float)(sum / weights.Sum()), actual[i]);
        }
    }

    [Fact]
    public void Of_EqualTensors_AreThemselves()
    {
        var random = new Random(5);
        var numbers = Enumerable.Range(0, 5000).Select(_ => BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 31))).Where(float.IsFinite).ToArray();
        Assert.Equal(numbers, Mean([numbers, numbers, numbers], [1, 1, 1]));
    }

    [Fact]
    public void Of_WeightZero_LeavesATensorOutWhateverIsInIt() => Assert.Equal([1f, 2f], Mean([[1, 2], [float.NaN, float.PositiveInfinity]], [3, 0]));

    [Fact]
    public void Of_PartsAtAnyPlace_AreThePartsOfTheWhole()
    {
        var numbers = Enumerable.Range(0, 100).Select(i => (float)i).ToArray();
        var content = WeightedMean.Of([View(numbers), View(numbers)], [1, 1]);
        var part = new byte[40];
        content(17, part);
        Assert.Equal(17f, BitConverter.ToSingle(part));
        Assert.Equal(26f, BitConverter.ToSingle(part, 36));
    }

    [Theory]
    [InlineData(new double[] { 1 })]
    [InlineData(new double[] { 1, -1 })]
    [InlineData(new double[] { 0, 0 })]
    [InlineData(new[] { 1, double.NaN })]
    [InlineData(new[] { 1, double.PositiveInfinity })]
    [InlineData(new[] { double.MaxValue, double.MaxValue })]
    public void Of_WeightsThatAreNone_AreRefused(double[] weights) => Assert.Throws<ArgumentException>(() => Mean([[1], [2]], weights));

    [Fact]
    public void Of_OtherShapes_AreRefused() => Assert.Throws<ArgumentException>(() => WeightedMean.Of([View([1, 2]), View([1])], [1, 1]));

    [Fact]
    public void Compute_PartOfTensors_IsThatPartOfTheirMean()
    {
        var part = new byte[2 * sizeof(float)];
        WeightedMean.Compute([View([0, 1, 2, 3]), View([4, 5, 6, 7])], [1, 3], firstElement: 1, part);
        Assert.Equal((4f, 5f), (BitConverter.ToSingle(part), BitConverter.ToSingle(part, sizeof(float))));
    }

    [Fact]
    public void Compute_WhatDoesNotFit_IsRefused()
    {
        var integers = CheckpointTree.Computed(DType.Int32, [1], (_, destination) => destination.Clear()).View;
        Assert.Throws<ArgumentException>(() => WeightedMean.Compute([View([1, 2]), View([1])], [1, 1], 0, new byte[4]));
        Assert.Throws<ArgumentException>(() => WeightedMean.Compute([View([1]), integers], [1, 1], 0, new byte[4]));
        Assert.Throws<ArgumentException>(() => WeightedMean.Compute([View([1]), View([2])], [1], 0, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightedMean.Compute([View([1]), View([2])], [1, 1], 1, new byte[4]));
    }

    private static float[] Mean(List<float[]> numbers, double[] weights) =>
        CheckpointTree.Computed(DType.Float32, [numbers[0].Length], WeightedMean.Of([.. numbers.Select(View)], weights)).View.ToSingles();

    private static TensorView View(float[] numbers) => CheckpointTree.Tensor(numbers, numbers.Length).View;
}
