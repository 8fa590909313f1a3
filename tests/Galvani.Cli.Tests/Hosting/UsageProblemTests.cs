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
    [InlineData("translate --beam-size=4294967296", "--beam-size is 4294967296, expected a smaller whole number.")]
    [InlineData("vocabulary-map build --source x -o y --threads 0", "--threads is 0, expected at least 1.")]
    [InlineData("vocabulary-map build --source x -o y --threads 2000", "--threads is 2000, expected at most 1024.")]
    [InlineData("vocabulary-map build --source x -o y --beam-size 20000", "--beam-size is 20000, expected at most 10000.")]
    [InlineData("vocabulary-map build --source x -o y --threshold 1,1", "--threshold is 1,1, expected a number such as 1.5.")]
    [InlineData("translate -o x.txt --report ./x.txt", "--output and --report are both x.txt, expected two files.")]
    [InlineData("translate --tokenizer=", "--tokenizer needs FILE: A SentencePiece model, or subword-nmt codes. Default: what the checkpoint names, in its own folder.")]
    public void Run_MissingOrWrongArguments_AreNamed(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal((2, $"galvani: {expected}\n"), (result.ExitCode, result.Error));
    }

    /// <summary>As a script gives it whose variable is not set.</summary>
    [Theory]
    [InlineData("--tokenizer", "FILE: A SentencePiece model, or subword-nmt codes. Default: what the checkpoint names, in its own folder.")]
    [InlineData("--report", "FILE: Write a summary of the run as JSON.")]
    public void Run_EmptyFileName_IsNamed(string option, string expected)
    {
        var result = GalvaniProcess.Run("embed", option, "", "x");
        Assert.Equal((2, $"galvani: {option} is empty, expected {expected}\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("embed a -o|", "--output")]
    [InlineData("convert -o|", "--output")]
    [InlineData("tokenize --source|", "--source")]
    public void Run_EmptyFileNameOfAnyKind_IsRefused(string line, string option)
    {
        var result = GalvaniProcess.Run([.. line.Replace("|", " ", StringComparison.Ordinal).Split(' ')]);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"galvani: {option} is empty, expected ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_EmptyPrefix_IsNone() => Assert.Equal(0, GalvaniProcess.Run("embed", "--source-prefix", "", "x").ExitCode);

    [Fact]
    public void Run_FlagWithAValue_IsTheFlag() => Assert.StartsWith("{", GalvaniProcess.Run("tokenize", "--json=true", "x").Output, StringComparison.Ordinal);
}
