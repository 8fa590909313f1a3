namespace Galvani.Cli.Tests.Hosting;

/// <summary>What is missing on the command line is named, with what it is for.</summary>
public sealed class UsageProblemTests
{
    [Theory]
    [InlineData("bleu h.txt", "bleu needs REFERENCES: The references, in the same order.")]
    [InlineData("bleu", "bleu needs HYPOTHESES: The translations, one a line.")]
    [InlineData("plot layers a -o x.png", "layers needs TEXT, 2 at least: The first sentence is compared with each of the others.")]
    [InlineData("plot attention -o x.png", "attention needs TEXT: A sentence, and its translation; without one the model's own.")]
    [InlineData("plot attention a", "attention needs --output FILE: The picture: FILE.png or FILE.svg.")]
    [InlineData("plot attention a -o", "--output needs FILE: The picture: FILE.png or FILE.svg.")]
    [InlineData("translate --beam-size", "--beam-size needs N: Hypotheses followed for each line; 1 is greedy. Default 5.")]
    [InlineData("translate --json=maybe", "--json is maybe, expected true or false.")]
    [InlineData("translate --beam-size=x", "--beam-size is x, expected a whole number.")]
    public void Run_MissingOrWrongArguments_AreNamed(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal((2, $"galvani: {expected}\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("embed a -o|", "--output is empty, expected the name of a file.")]
    [InlineData("convert -o|", "--output is empty, expected the name of a file.")]
    [InlineData("translate a --report|", "--report is empty, expected the name of a file.")]
    [InlineData("tokenize --source|", "--source is empty, expected the name of a file.")]
    public void Run_EmptyNameOfAFile_IsRefused(string line, string expected)
    {
        var result = GalvaniProcess.Run([.. line.Replace("|", " ", StringComparison.Ordinal).Split(' ')]);
        Assert.Equal((2, $"galvani: {expected}\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Run_FlagWithAValue_IsTheFlag() => Assert.StartsWith("{", GalvaniProcess.Run("tokenize", "--json=true", "x").Output, StringComparison.Ordinal);
}
