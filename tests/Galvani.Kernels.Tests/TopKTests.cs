namespace Galvani.Kernels.Tests;

/// <summary>Selection of the largest elements against sorting.</summary>
public sealed class TopKTests
{
    private const int LongestLength = 257;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(300)]
    public void Select_EveryLengthWithManyEqualElements_EqualsTheTwin(int count)
    {
        var random = new Random(count);
        for (var length = 0; length <= LongestLength; length++)
        {
            var values = Enumerable.Range(0, length).Select(_ => random.Next(12) switch { 0 => float.NaN, 1 => float.NegativeInfinity, var other => other - 5f }).ToArray();
            var (indices, best) = (new int[count], new float[count]);
            var found = TopK.Select(values, indices, best);
            var expected = Twin(values, count);
            Assert.Equal(expected, indices[..found]);
            Assert.Equal(expected.Select(index => values[index]), best[..found]);
        }
    }

    [Fact]
    public void Select_NoRoom_FindsNothing() => Assert.Equal(0, TopK.Select([1f, 2f], [], []));

    [Fact]
    public void Select_UnequalOrOverlappingResults_Refused()
    {
        var values = new float[8];
        Assert.Throws<ArgumentException>(() => TopK.Select(values, new int[2], new float[3]));
        Assert.Throws<ArgumentException>(() => TopK.Select(values, new int[2], values.AsSpan(4, 2)));
    }

    private static int[] Twin(float[] values, int count) =>
    [
        .. Enumerable.Range(0, values.Length).Where(index => values[index] > float.NegativeInfinity).OrderByDescending(index => values[index]).ThenBy(index => index).Take(count),
    ];
}
