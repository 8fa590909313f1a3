using System.Text.Json;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>extract</c> and <c>plot</c>: the new file, used alone; targets that are refused.</summary>
public sealed class ExtractCommandTests
{
    [Fact]
    public void Extract_Embeddings_IsSmallerAndGivesTheSameVectors()
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.Run("extract", "--part", "embeddings", "-o", folder.File("small.pt"));
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("times smaller than 18.4 MB", result.Output, StringComparison.Ordinal);
        Assert.Equal(["sentencepiece.model", "small.pt"], Directory.GetFiles(folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var command in (string[][])[["embed", "Привет, мир!"], ["compare", "Мама мыла раму", "Мама мыла окна", "--json"], ["tokenize", "Привет, мир!"]])
            Assert.Equal(GalvaniProcess.Run(command).Output, GalvaniProcess.Run([.. command, "--model", folder.File("small.pt")]).Output);
        var overview = GalvaniProcess.Run("inspect", folder.File("small.pt")).Output;
        Assert.Contains("embeddings of model.pt, cut out by galvani", overview, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_Positions_KeepsTheFirstRows()
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.Run("extract", "--part", "embeddings", "--positions", "512", "-o", folder.File("small.pt"), "--json");
        Assert.True(JsonDocument.Parse(result.Output).RootElement.GetProperty("times_smaller").GetDouble() > 3);
        Assert.Contains("[512, 1, 256]", GalvaniProcess.Run("inspect", folder.File("small.pt"), "--tensors").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_GlobAndRename_WritesTheTensorsUnderNewNames()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, GalvaniProcess.Run("extract", "--tensors", "encoder.transformer.0.*", "--rename", "encoder.transformer.0.=encoder.transformer.3.", "-o", folder.File("x.pt")).ExitCode);
        var names = GalvaniProcess.Run("inspect", folder.File("x.pt"), "--tensors", "--unfold").Output;
        Assert.Contains("encoder.transformer.3.layer_norm.weight", names, StringComparison.Ordinal);
        Assert.DoesNotContain("encoder.transformer.0.", names, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_Text_IsALineForEachToken()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, GalvaniProcess.Run("extract", Repository.Golden("base", "model.pt"), "--part", "embeddings", "--format", "text", "-o", folder.File("x.txt")).ExitCode);
        var lines = File.ReadAllLines(folder.File("x.txt"));
        Assert.StartsWith("<unk> ", lines[0], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.Equal(33, line.Split(' ').Length));
    }

    [Theory]
    [InlineData("base", "the source embedding as text")]
    [InlineData("lm-alibi", "the target embedding as text")]
    public void Extract_Text_SaysWhichEmbeddingItIs(string model, string expected)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(expected, GalvaniProcess.Run("extract", Repository.Golden(model, "model.pt"), "--format", "text", "-o", folder.File("x.txt")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lm-alibi", "--part embeddings --positions 10", "keeps rows of a positional table")]
    [InlineData("base", "--part generator --positions 10", "keeps rows of a positional table")]
    [InlineData("base", "--format text --part encoder", "--format text writes the embeddings")]
    [InlineData("base", "--format text --positions 10", "--format text writes the embeddings")]
    [InlineData("base", "--format text --tensors *", "--format text writes the embeddings")]
    public void Extract_OptionThatCannotBeFollowed_IsCode2(string model, string options, string expected)
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.Run(["extract", Repository.Golden(model, "model.pt"), .. options.Split(' '), "-o", folder.File("x.pt")]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Extract_OntoItself_IsWrittenWholeThenRenamed()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Golden("base", "model.pt"), folder.File("x.pt"));
        Assert.Equal(0, GalvaniProcess.Run("extract", folder.File("x.pt"), "--part", "encoder", "-o", folder.File("x.pt")).ExitCode);
        Assert.Contains("partial: encoder", GalvaniProcess.Run("verify", folder.File("x.pt")).Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Extract_DryRun_WritesNothing()
    {
        using var folder = new TemporaryFolder();
        Assert.StartsWith("would write", GalvaniProcess.Run("extract", "--part", "embeddings", "-o", folder.File("x.pt"), "--dry-run").Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Theory]
    [InlineData("extract --part embeddings -o /dev/null.pt", "is a device")]
    [InlineData("extract --part embeddings -o /missing-folder/x.pt", "The folder /missing-folder does not exist.")]
    [InlineData("embed x --report /missing-folder/r.json", "The folder /missing-folder does not exist.")]
    [InlineData("plot tokens -o /missing-folder/x.png", "The folder /missing-folder does not exist.")]
    public void Write_TargetThatCannotBe_IsCode1InWords(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo("/dev/null").Length);
    }
}
