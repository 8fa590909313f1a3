namespace Galvani.Cli.Tests.Pipe;

/// <summary>A line that is not what the model takes: every command names it.</summary>
public sealed class LineTokensTests
{
    private const string Input = "▁a5￨F1￨F2 ▁a7￨F1￨F2\n\n▁a6\n";

    [Theory]
    [InlineData("translate", "--max-length", "2")]
    [InlineData("encode", "--pool")]
    [InlineData("embed", "--dimensions", "2")]
    [InlineData("tokenize")]
    [InlineData("score", "--target", "TARGETS")]
    [InlineData("vocabulary-map", "build", "--source", "LINES", "-o", "map.txt")]
    public void Of_PieceWithoutFeatures_IsAnErrorThatNamesTheLine(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("LINES"), Input);
        File.WriteAllText(folder.File("TARGETS"), "▁a1\n\n▁a2\n");
        var program = new GalvaniProcess { WorkingFolder = folder.Root };
        var result = program.Execute([.. arguments, "--model", Repository.Golden("features-sum", "model.pt"), "--pieces"], System.Text.Encoding.UTF8.GetBytes(Input));
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("galvani: Line 3: The piece '▁a6' carries 0 features, the model has 2.\n", result.Error);
    }

    [Fact]
    public void Of_TextOfTheCommandLine_IsNumberedFromOne()
    {
        var result = GalvaniProcess.Run("compare", "--model", Repository.Golden("features-sum", "model.pt"), "--pieces", "▁a5￨F1￨F2", "▁a6");
        Assert.Equal((1, "galvani: Line 2: The piece '▁a6' carries 0 features, the model has 2.\n"), (result.ExitCode, result.Error));
    }
}
