namespace Galvani.Kernels.Tests;

/// <summary>The assertion that the loops of these tests use: it fails as others do, and computes its text for a failure alone.</summary>
public sealed class LazyAssertTests
{
    private int formattedCount;

    [Fact]
    public void True_ConditionThatHolds_ComputesNothing()
    {
        LazyAssert.True(formattedCount == 0, $"{Count()}");
        Assert.Equal(0, formattedCount);
    }

    [Fact]
    public void True_ConditionThatDoesNotHold_FailsWithTheText()
    {
        var failure = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => LazyAssert.True(formattedCount > 0, $"{Count()} of {1.5:F2}"));
        Assert.Equal("1 of 1.50", failure.Message);
    }

    private int Count() => ++formattedCount;
}
