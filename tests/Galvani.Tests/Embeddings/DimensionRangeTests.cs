using Galvani.Embeddings;

namespace Galvani.Tests.Embeddings;

/// <summary>Ranges of components.</summary>
public sealed class DimensionRangeTests
{
    [Theory]
    [InlineData("96", 0, 96)]
    [InlineData("10-19", 10, 10)]
    [InlineData("0-0", 0, 1)]
    public void TryParse_BothForms_AreRead(string text, int first, int count)
    {
        Assert.True(DimensionRange.TryParse(text, out var range));
        Assert.Equal(new DimensionRange(first, count), range);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("5-3")]
    [InlineData("5-")]
    [InlineData("1-2-3")]
    [InlineData("+5")]
    [InlineData(" 5")]
    [InlineData("99999999999")]
    public void TryParse_OtherTexts_AreNot(string text) => Assert.False(DimensionRange.TryParse(text, out _));

    [Fact]
    public void Cut_Vector_IsTheRange()
    {
        Assert.Equal([2f, 3f], new DimensionRange(1, 2).Cut([1, 2, 3, 4]));
        Assert.Throws<ArgumentException>(() => new DimensionRange(3, 2).Cut([1, 2, 3, 4]));
        Assert.Throws<ArgumentException>(() => new DimensionRange(1, int.MaxValue).Cut([1, 2, 3, 4]));
    }
}
