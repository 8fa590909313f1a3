namespace Galvani.Checkpoints.Tests;

public sealed class NearestNamesTests
{
    private static readonly string[] Known =
        ["encoder.layer_norm.weight", "encoder.layer_norm.bias", "decoder.layer_norm.weight", "generator.weight", "--beam_size", "--batch_size", "--model"];

    [Theory]
    [InlineData("encoder.layer_nrom.weight", "encoder.layer_norm.weight")]
    [InlineData("Generator.Weight", "generator.weight")]
    [InlineData("--bean_size", "--beam_size")]
    [InlineData("--modle", "--model")]
    [InlineData("layer_norm.bias", "encoder.layer_norm.bias")]
    public void Find_NameWithASlip_GivesTheNameMeantFirst(string wanted, string expected) =>
        Assert.Equal(expected, NearestNames.Find(wanted, Known)[0]);

    [Theory]
    [InlineData("zzzzzzzzzzzz")]
    [InlineData("")]
    public void Find_NothingNear_GivesNone(string wanted) => Assert.Empty(NearestNames.Find(wanted, Known));

    [Fact]
    public void Find_Count_BoundsTheResult()
    {
        Assert.Equal(2, NearestNames.Find("encoder.layer_norm.weight", Known, count: 2).Count);
        Assert.Empty(NearestNames.Find("--model", Known, count: 0));
    }

    [Fact]
    public void Find_ManyNearNames_GivesThemInOrderOfDistance() =>
        Assert.Equal(["abcdef", "abcdeg", "abcdxy"], NearestNames.Find("abcdef", ["abcdxy", "abwxyz", "abcdeg", "abcdef"], count: 4));
}
