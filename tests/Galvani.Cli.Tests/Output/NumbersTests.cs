using Galvani.Cli.Output;

namespace Galvani.Cli.Tests.Output;

/// <summary>Sizes and counts for people.</summary>
public sealed class NumbersTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(16_016, "16 kB")]
    [InlineData(18_380_000, "18.4 MB")]
    [InlineData(2_500_000_000, "2.5 GB")]
    public void Bytes_OfSize_HasAUnit(long bytes, string expected) => Assert.Equal(expected, Numbers.Bytes(bytes));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(6_524_232, "6 524 232")]
    public void Count_OfThousands_HasSpaces(long count, string expected) => Assert.Equal(expected, Numbers.Count(count));

    [Theory]
    [InlineData(0, "tensor", "0 tensors")]
    [InlineData(1, "tensor", "1 tensor")]
    [InlineData(1, "entry", "1 entry")]
    [InlineData(98, "entry", "98 entries")]
    public void Of_Things_AgreesInNumber(long count, string one, string expected) => Assert.Equal(expected, Numbers.Of(count, one));
}
