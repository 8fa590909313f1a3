using Galvani.Cli.Hosting;

namespace Galvani.Cli.Tests.Hosting;

/// <summary>Messages of the library in the words of the command line.</summary>
public sealed class OptionNamesTests
{
    [Theory]
    [InlineData("choose by NmtModelOptions.Corpus or NmtModelOptions.TargetPrefix.", "choose by --corpus or --target-prefix.")]
    [InlineData("give NmtModelOptions.TargetTokenizerPath or Scorer.TakeTargetPieces.", "give --target-tokenizer or --pieces.")]
    [InlineData("give it by LowRankMergeOptions.Alpha.", "give it by --alpha.")]
    [InlineData("x.pt is no checkpoint.", "x.pt is no checkpoint.")]
    public void InPlaceOfMembers_Message_NamesOptions(string message, string expected) => Assert.Equal(expected, OptionNames.InPlaceOfMembers(message));

    [Fact]
    public void Known_Members_AreNoBeginningsOfOthers() =>
        Assert.All(OptionNames.Known, known => Assert.Single(OptionNames.Known, other => other.Member.StartsWith(known.Member, StringComparison.Ordinal)));
}
