using System.Text.Json;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>tokenize</c> and <c>detokenize</c>: whose ids, offsets, which tokenizer and transforms.</summary>
public sealed class TokenizeCommandTests
{
    [Fact]
    public void Tokenize_ModelOrTokenizerAlone_GivesItsOwnIds()
    {
        const string Text = "Мама мыла раму";
        var model = JsonDocument.Parse(GalvaniProcess.Run("tokenize", Text, "--json").Output).RootElement;
        var alone = JsonDocument.Parse(GalvaniProcess.Run("tokenize", Text, "--json", "--tokenizer", Repository.Sample("sentencepiece.model")).Output).RootElement;
        Assert.Equal(["pieces", "ids", "offsets"], model.EnumerateObject().Select(property => property.Name));
        Assert.Equal(model.GetProperty("pieces").GetRawText(), alone.GetProperty("pieces").GetRawText());
        Assert.Equal("[813, 482, 331, 135, 7, 95, 446]", model.GetProperty("ids").GetRawText());
        Assert.NotEqual(model.GetProperty("ids").GetRawText(), alone.GetProperty("ids").GetRawText());
        Assert.Equal("[[0, 4], [4, 8], [8, 13], [13, 17], [17, 18], [18, 22], [22, 26]]", model.GetProperty("offsets").GetRawText());
    }

    [Fact]
    public void Tokenize_Ids_ArePrintedInsteadOfPieces() => Assert.Equal("813 482\n", GalvaniProcess.Run("tokenize", "--ids", "Мама").Output);

    [Fact]
    public void Tokenize_Pieces_GetTheIdsOfTheModelOrTheTokenizer()
    {
        var cut = GalvaniProcess.Run("tokenize", "Мама мыла раму").Output.TrimEnd('\n');
        Assert.Equal(GalvaniProcess.Run("tokenize", "--ids", "Мама мыла раму").Output, GalvaniProcess.Run("tokenize", "--ids", "--pieces", cut).Output);
        string[] alone = ["--ids", "--tokenizer", Repository.Sample("sentencepiece.model")];
        Assert.Equal(GalvaniProcess.Run(["tokenize", "Мама мыла раму", .. alone]).Output, GalvaniProcess.Run(["tokenize", cut, "--pieces", .. alone]).Output);
        Assert.Equal("0\n", GalvaniProcess.Run(["tokenize", "no-piece", "--pieces", .. alone]).Output);
        Assert.Equal("▁a1 ▁a2\n", GalvaniProcess.Run("tokenize", "▁a1 ▁a2", "--pieces", "--model", Repository.Golden("base", "model.pt")).Output);
        Assert.Equal("un@@ it\n", GalvaniProcess.Run("tokenize", "un@@ it", "--pieces", "--tokenizer", Repository.Golden("bpe", "codes.txt")).Output);
    }

    [Theory]
    [InlineData("tokenize", "Мама мыла раму", "▁Ма ма")]
    [InlineData("detokenize", "▁Ма ма ▁мы ла", "Мама")]
    public void TokenizeAndDetokenize_LineOverTheLimit_IsAnErrorOrCut(string command, string line, string expected)
    {
        var refused = GalvaniProcess.Run(command, line, "--max-source", "2");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the limit is 2; --on-long cut shortens such lines", refused.Error, StringComparison.Ordinal);
        var cut = GalvaniProcess.Run(command, line, "--max-source", "2", "--on-long", "cut");
        Assert.Equal(expected + "\n", cut.Output);
        Assert.Contains("1 line was longer than the limit", cut.Error, StringComparison.Ordinal);
        Assert.Equal(2, GalvaniProcess.Run(command, line, "--max-source", "2", "--on-long", "split").ExitCode);
    }

    [Fact]
    public void TokenizeThenDetokenize_Lines_GiveTheTextBack()
    {
        var lines = File.ReadAllText(Repository.Sample("test.ru"));
        var pieces = GalvaniProcess.RunWith(lines, "tokenize");
        Assert.Equal(lines.Split('\n').Length, pieces.Output.Split('\n').Length);
        var text = GalvaniProcess.RunWith(pieces.Output, "detokenize").Output;
        Assert.Equal(pieces.Output, GalvaniProcess.RunWith(text, "tokenize").Output);
    }

    [Fact]
    public void Tokenize_SubwordNmtCodesWithVocabulary_SplitsRarePieces()
    {
        string[] common = ["tokenize", "unbelievable", "--tokenizer", Repository.Golden("bpe", "codes.txt")];
        var plain = GalvaniProcess.Run(common);
        var restricted = GalvaniProcess.Run([.. common, "--vocabulary", Repository.Golden("bpe", "vocabulary.txt"), "--vocabulary-threshold", "50"]);
        Assert.Equal((0, 0), (plain.ExitCode, restricted.ExitCode));
        Assert.Contains("@@", plain.Output, StringComparison.Ordinal);
        Assert.True(restricted.Output.Split(' ').Length >= plain.Output.Split(' ').Length);
    }

    [Theory]
    [InlineData("tokenize x --vocabulary v.txt", "--vocabulary goes with --tokenizer")]
    [InlineData("tokenize x --vocabulary-threshold 5", "--vocabulary-threshold goes with --vocabulary")]
    [InlineData("tokenize x --source y", "TEXT and --source are both given")]
    public void Tokenize_OptionsThatDoNotGoTogether_AreWrongUsage(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("base", "give --tokenizer or --pieces")]
    public void Tokenize_ModelWithPiecesButNoTokenizer_SaysWhatToGive(string option, string expected)
    {
        var result = GalvaniProcess.Run("tokenize", "x", "--model", Repository.Golden(option, "model.pt"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_RecordedModelBesideTheCheckpoint_IsFoundThereAlone()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Sample("model.pt"), folder.File("model.pt"));
        var missing = GalvaniProcess.Run("tokenize", "Мама", "--model", folder.File("model.pt"));
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains(folder.File("sentencepiece.model"), missing.Error, StringComparison.Ordinal);
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        Assert.Equal("▁Ма ма\n", GalvaniProcess.Run("tokenize", "Мама", "--model", folder.File("model.pt")).Output);
    }

    [Fact]
    public void Tokenize_TransformWithoutEffect_IsSaidOnceOnStandardError()
    {
        var result = GalvaniProcess.RunWith("Мама\nМама\n", "tokenize", "--transforms", "filtertoolong,sentencepiece,tokendrop");
        Assert.Equal("▁Ма ма\n▁Ма ма\n", result.Output);
        Assert.Equal(1, result.Error.Split("filtertoolong").Length - 1);
    }

    [Fact]
    public void Tokenize_TransformThatIsNotSupported_IsRefusedByName()
    {
        var result = GalvaniProcess.Run("tokenize", "x", "--transforms", "normalize");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("The transform normalize is not supported", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_ToolkitsSpellings_Work()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("in.txt"), "Мама\n");
        var result = GalvaniProcess.Run("tokenize", "-model", Repository.Sample("model.pt"), "-src", folder.File("in.txt"), "-gpu", "-1", "-verbose");
        Assert.Equal((0, "▁Ма ма\n"), (result.ExitCode, result.Output));
        Assert.Contains("no effect here: -gpu -verbose", result.Error, StringComparison.Ordinal);
    }
}
