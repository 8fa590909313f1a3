using Galvani.Embeddings;

namespace Galvani.Tests.Embeddings;

/// <summary>Means of vectors that are not kept.</summary>
public sealed class WeightedMeanTests
{
    [Fact]
    public void ToArray_RowsInParts_IsTheMeanOfAll()
    {
        var random = new Random(3);
        float[] rows = [.. Enumerable.Range(0, 70).Select(_ => random.NextSingle() - 0.5f)];
        var mean = new WeightedMean(7);
        mean.AddRows(rows.AsSpan(0, 21));
        mean.AddRows([]);
        mean.AddRows(rows.AsSpan(21));
        Assert.Equal(10, mean.Weight);
        Assert.Equal(Pooling.Mean(rows, 7), mean.ToArray());
    }

    [Fact]
    public void Add_VectorWithAWeight_CountsThatOften()
    {
        var mean = new WeightedMean(2);
        mean.Add([1, 8], 3);
        mean.Add([5, 4], 1);
        Assert.Equal([2f, 7f], mean.ToArray());
        Assert.Equal(4, mean.Weight);
    }

    [Fact]
    public void Methods_WhatDoesNotFit_IsRefused()
    {
        var mean = new WeightedMean(2);
        Assert.Throws<InvalidOperationException>(() => mean.ToArray());
        Assert.Throws<ArgumentException>(() => mean.Add([1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => mean.Add([1, 2], 0));
        Assert.Throws<ArgumentException>(() => mean.AddRows([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => mean.CopyTo(new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightedMean(0));
    }
}
