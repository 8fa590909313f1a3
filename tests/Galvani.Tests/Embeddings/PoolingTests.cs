using Galvani.Embeddings;

namespace Galvani.Tests.Embeddings;

/// <summary>Means and centring, against their definitions.</summary>
public sealed class PoolingTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 257)]
    [InlineData(5, 3)]
    [InlineData(100, 64)]
    public void Mean_Rows_IsTheMeanOfEachComponent(int rowCount, int width)
    {
        var random = new Random(rowCount * 1000 + width);
        var rows = Enumerable.Range(0, rowCount * width).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        var expected = Enumerable.Range(0, width).Select(d => (float)(Enumerable.Range(0, rowCount).Sum(r => (double)rows[r * width + d]) / rowCount)).ToArray();
        Assert.Equal(expected, Pooling.Mean(rows, width));
    }

    [Fact]
    public void Mean_PermutedRows_IsTheSame()
    {
        // Sums in double precision of a few floats of like size are exact, so that the order leaves no trace.
        float[] rows = [0.5f, 1, 0.25f, -2, 4, 8];
        Assert.Equal(Pooling.Mean(rows, 2), Pooling.Mean([4, 8, 0.5f, 1, 0.25f, -2], 2));
    }

    [Fact]
    public void Mean_BadShape_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Pooling.Mean([], 3));
        Assert.Throws<ArgumentException>(() => Pooling.Mean([1, 2, 3, 4], 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pooling.Mean([1], 0));
    }

    [Fact]
    public void Center_Vector_HasMeanZero()
    {
        float[] vector = [1, 2, 6];
        Pooling.Center(vector);
        Assert.Equal([-2f, -1f, 3f], vector);
        Pooling.Center([]);
    }
}
