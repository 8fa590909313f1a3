using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Galvani.Cli.Tests.Commands;

/// <summary>The real program, translating: the forms of its output, OpenNMT-py's spellings, option files, and the pipe contract.</summary>
public sealed class TranslateCommandTests
{
    private static readonly string[] Source = File.ReadAllLines(Repository.Sample("test.ru"));

    [Fact]
    public void Translate_SampleLines_AreThoseOfOpenNmtWhateverTheThreads()
    {
        const int Count = 60;
        string[] options = ["translate", "--model", Repository.Sample("model.pt"), "-max_length", "150", "-max_length_ratio", "0", "-n_best", "3", "-gpu", "0"];
        var input = string.Join('\n', Source.Take(Count));
        var expected = File.ReadLines(Repository.Sample("expected.jsonl")).Take(Count)
            .SelectMany(line => JsonDocument.Parse(line).RootElement.GetProperty("beam5").EnumerateArray().Select(hypothesis => hypothesis.GetProperty("text").GetString()));
        var two = GalvaniProcess.RunWith(input, [.. options, "--threads", "2"]);
        Assert.True(two.ExitCode == 0, two.Error);
        Assert.Equal("galvani: no effect here: -gpu\n", two.Error);
        Assert.Equal(string.Concat(expected.Select(text => text + "\n")), two.Output);
        // A line alone gives the bytes that it gives among others.
        var alone = GalvaniProcess.RunWith(Source[0], [.. options, "--json", "--threads", "1"]);
        var among = GalvaniProcess.RunWith(string.Join('\n', Source.Take(9)), [.. options, "--json", "--threads", "1"]);
        Assert.Equal(alone.Output, among.Output[..(among.Output.IndexOf('\n') + 1)]);
    }

    [Fact]
    public void Translate_BlankLinesNBestScoresAlignment_GiveSoManyLines()
    {
        var result = GalvaniProcess.RunWith("Открыть файл\r\n\n \u2028 \nРазмер шрифта", "translate", "-n_best", "2", "--with-score", "--report-align", "-beam_size", "3");
        Assert.True(result.ExitCode == 0, result.Error);
        var lines = result.Output.Split('\n');
        Assert.Equal(9, lines.Length);
        Assert.Matches(@"^Open File \|\|\| 0-0 1-1\t-0\.\d+$", lines[0]);
        Assert.Equal(["", "", "", ""], lines[2..6]);
        Assert.StartsWith("Font Size ||| 0-1 1-0\t", lines[6], StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_Json_HasTheMembers()
    {
        var result = GalvaniProcess.Run("translate", "Открыть файл", "--json", "--attention", "--report-align");
        var hypothesis = JsonDocument.Parse(result.Output).RootElement.GetProperty("hypotheses")[0];
        Assert.Equal(["text", "pieces", "ids", "score", "token_scores", "attention", "alignment"], hypothesis.EnumerateObject().Select(member => member.Name));
        Assert.Equal([463, 504, 3], hypothesis.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(3, hypothesis.GetProperty("attention").GetArrayLength());
        Assert.Equal(3, hypothesis.GetProperty("token_scores").GetArrayLength());
        var score = hypothesis.GetProperty("token_scores").EnumerateArray().Sum(value => value.GetDouble()) / 4;
        Assert.Equal(score, hypothesis.GetProperty("score").GetDouble(), 1e-5);
    }

    [Fact]
    public void Translate_OptionFile_CountsBehindTheCommandLine()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.yaml"), $"model: {Repository.Golden("base", "model.pt")}\nsrc: {Repository.Golden("base", "source.txt")}\npieces: true\nbeam_size: 4\nn_best: 4\nmax_length: 15\nmax_length_ratio: 0\nbatch_size: 7\n");
        var result = GalvaniProcess.Run("translate", "--config", folder.File("x.yaml"), "-n_best", "1", "--json", "--report", folder.File("r.json"), "-o", folder.File("out"));
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(("", "galvani: no effect here: batch_size\n"), (result.Output, result.Error));
        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.Golden("base", "expected.json")));
        var expected = golden.RootElement.GetProperty("beam4").GetProperty("results");
        var lines = File.ReadAllLines(folder.File("out"));
        Assert.Equal(expected.GetArrayLength(), lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            var hypotheses = JsonDocument.Parse(lines[i]).RootElement.GetProperty("hypotheses");
            Assert.Equal(1, hypotheses.GetArrayLength());
            Assert.Equal(expected[i][0].GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), hypotheses[0].GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        }

        Assert.Equal(lines.Length, JsonDocument.Parse(File.ReadAllText(folder.File("r.json"))).RootElement.GetProperty("lines").GetInt32());
        File.WriteAllText(folder.File("x.yaml"), "beam_sise: 4\n");
        var wrong = GalvaniProcess.Run("translate", "--config", folder.File("x.yaml"), "x");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("x.yaml line 1: translate has no option beam_sise. Did you mean --beam-size", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_PrefixFileAndColumn_ForceTheBeginning()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.Golden("base", "expected-more.json")));
        var expected = golden.RootElement.GetProperty("prefix-greedy").GetProperty("lines").EnumerateArray().Select(line => line.GetString()!.TrimEnd()).ToList();
        string[] options = ["translate", "-model", Repository.Golden("base", "model.pt"), "--pieces", "-beam_size", "1", "-max_length", "15", "-max_length_ratio", "0"];
        var byFile = GalvaniProcess.Run([.. options, "-src", Repository.Golden("base", "source.txt"), "-tgt", Repository.Golden("base", "prefix.txt"), "-tgt_file_prefix"]);
        Assert.Equal(expected, byFile.Output.TrimEnd('\n').Split('\n'));
        var columns = File.ReadAllLines(Repository.Golden("base", "source.txt")).Zip(File.ReadAllLines(Repository.Golden("base", "prefix.txt")), (source, prefix) => $"{source}\t{prefix}");
        Assert.Equal(byFile.Output, GalvaniProcess.RunWith(string.Join('\n', columns), [.. options, "--target-prefix-column"]).Output);
        Assert.Contains("tab", GalvaniProcess.RunWith("▁a1", [.. options, "--target-prefix-column"]).Error, StringComparison.Ordinal);
        Assert.Equal(("\n\n", 0), (GalvaniProcess.RunWith("\n \n", [.. options, "--target-prefix-column"]).Output, GalvaniProcess.RunWith("\n", [.. options, "--target-prefix-column"]).ExitCode));
    }

    [Fact]
    public void Translate_SampledWithASeed_DependsOnSeedAndLineAlone()
    {
        string[] options = ["translate", "-random_sampling_topk", "20", "-seed", "7", "-beam_size", "1"];
        var input = string.Join('\n', Source.Take(12));
        var first = GalvaniProcess.RunWith(input, [.. options, "--threads", "1"]);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(first.Output, GalvaniProcess.RunWith(input, [.. options, "--threads", "2"]).Output);
        Assert.NotEqual(first.Output, GalvaniProcess.RunWith(input, [.. options[..4], "8", .. options[5..]]).Output);
    }

    [Fact]
    public void Translate_LongLines_AreAnErrorCutOrSplit()
    {
        const string Line = "Открыть файл Размер шрифта";
        var error = GalvaniProcess.Run("translate", Line, "--max-source", "2");
        Assert.Equal(1, error.ExitCode);
        Assert.Contains("Line 1 has 4 pieces, the limit is 2", error.Error, StringComparison.Ordinal);
        Assert.Equal("Open File\n", GalvaniProcess.Run("translate", Line, "--max-source", "2", "--on-long", "cut").Output);
        Assert.Equal("Open File Font Size\n", GalvaniProcess.Run("translate", Line, "--max-source", "2", "--on-long", "split").Output);
    }

    [Fact]
    public void Translate_TextBehindTheModels_IsTextAndNoModel()
    {
        var model = Repository.Sample("model.pt");
        Assert.Equal("Open File\n", GalvaniProcess.Run("translate", "--model", model, "Открыть файл").Output);
        Assert.Equal("Open File\nFont Size\n", GalvaniProcess.Run("translate", "-model", model, model, "Открыть файл", "Размер шрифта").Output);
        var generated = GalvaniProcess.Run("generate", "--model", Repository.Golden("lm", "model.pt"), "▁a15 ▁a3", "--pieces", "--max-length", "3");
        Assert.True(generated.ExitCode == 0, generated.Error);
        Assert.Single(generated.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Translate_Placeholders_AreKeptFromTheTokenizer()
    {
        var result = GalvaniProcess.Run("tokenize", "--model", Repository.Sample("model.pt"), "Открыть</s>файл｟_mask_before_｠", "<s>");
        Assert.StartsWith("▁Открыть </s> ▁файл <blank>\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("<s>", result.Output, StringComparison.Ordinal);
        var alone = GalvaniProcess.Run("tokenize", "--tokenizer", Repository.Sample("sentencepiece.model"), "Открыть</s>");
        Assert.DoesNotContain(" </s>", alone.Output, StringComparison.Ordinal); // SentencePiece itself knows no placeholders
    }

    [Fact]
    public void Translate_RotaryPairs_AreThoseOfTheOption()
    {
        string[] options = ["translate", "--model", Repository.Golden("rotary", "model.pt"), "--pieces", "▁a15 ▁a3 ▁a36 ▁a7", "--json"];
        var recorded = GalvaniProcess.Run(options);
        Assert.Equal(recorded.Output, GalvaniProcess.Run([.. options, "--rotary", "halves"]).Output);
        Assert.NotEqual(recorded.Output, GalvaniProcess.Run([.. options, "--rotary", "interleaved"]).Output);
        Assert.Equal(1, GalvaniProcess.Run([.. options, "--limit", "Nesting=1"]).ExitCode);
    }

    [Fact]
    public async Task Translate_CoProcess_AnswersEachLineAtOnce()
    {
        using var process = new GalvaniProcess().Start(["translate"]);
        var cancellation = TestContext.Current.CancellationToken;
        foreach (var (line, expected) in ((string, string)[])[("Открыть файл", "Open File"), ("Размер шрифта", "Font Size")])
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellation);
            await process.StandardInput.BaseStream.FlushAsync(cancellation);
            Assert.Equal(expected, await process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancellation));
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void Generate_LanguageModel_ContinuesAndTranslateRefusesIt()
    {
        string[] options = ["--model", Repository.Golden("lm", "model.pt"), "--pieces", "--source", Repository.Golden("lm", "source.txt"), "--beam-size", "1", "--max-length", "15", "--json"];
        var result = GalvaniProcess.Run(["generate", .. options]);
        Assert.True(result.ExitCode == 0, result.Error);
        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.Golden("lm", "expected.json")));
        var expected = golden.RootElement.GetProperty("greedy").GetProperty("results").EnumerateArray().Select(line => line[0].GetProperty("ids").ToString().Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(expected, result.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("hypotheses")[0].GetProperty("ids").ToString().Replace(" ", "", StringComparison.Ordinal)));
        Assert.Contains("galvani generate", GalvaniProcess.Run(["translate", .. options]).Error, StringComparison.Ordinal);
        Assert.Contains("galvani translate", GalvaniProcess.Run("generate", "x").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_Ensemble_IsReportedWithTheHashOfEveryModel()
    {
        using var folder = new TemporaryFolder();
        string[] models = [Repository.Golden("base", "model.pt"), Repository.Golden("gelu", "model.pt")];
        var result = GalvaniProcess.Run("translate", "--model", models[0], models[1], "--pieces", "▁a5 ▁a6", "--max-length", "3", "--report", folder.File("r.json"));
        Assert.True(result.ExitCode == 0, result.Error);
        var report = JsonDocument.Parse(File.ReadAllText(folder.File("r.json"))).RootElement;
        JsonElement[] reported = [report, .. report.GetProperty("other_models").EnumerateArray()];
        Assert.Equal(models, reported.Select(model => model.GetProperty("model").GetString()));
        Assert.Equal(models.Select(path => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))), reported.Select(model => model.GetProperty("model_sha256").GetString()));
    }

    [Fact]
    public void Translate_TextAndAFileThatNamesASource_TakesTheText()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.yaml"), "src: nowhere.txt\nbeam_size: 1\n");
        Assert.Equal("Open File\n", GalvaniProcess.Run("translate", "--config", folder.File("x.yaml"), "Открыть файл").Output);
        Assert.Contains("There is no file nowhere.txt", GalvaniProcess.Run("translate", "--config", folder.File("x.yaml")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_DefaultsOfSourceFeatures_AreThoseOfTheOption()
    {
        string[] options = ["translate", "--model", Repository.Golden("features-sum", "model.pt"), "--pieces", "--max-length", "8", "--json"];
        var given = GalvaniProcess.Run([.. options, "▁a5￨F3￨F1 ▁a6￨F3￨F1"]);
        Assert.True(given.ExitCode == 0, given.Error);
        var taken = GalvaniProcess.Run([.. options, "▁a5 ▁a6", "-src_feats_defaults", "F3￨F1"]);
        Assert.Equal(given.Output[given.Output.IndexOf("\"hypotheses\"", StringComparison.Ordinal)..], taken.Output[taken.Output.IndexOf("\"hypotheses\"", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void Translate_SourcePrefixWithoutTheTransform_IsSaidToHaveNoEffect()
    {
        var result = GalvaniProcess.Run("translate", "--model", Repository.Sample("model.pt"), "--source-prefix", "Закрыть", "Открыть файл");
        Assert.Equal((0, "Open File\n"), (result.ExitCode, result.Output));
        Assert.StartsWith("galvani: no effect: the source prefix 'Закрыть'", result.Error, StringComparison.Ordinal);
        var prefixed = GalvaniProcess.Run("tokenize", "--model", Repository.Sample("model.pt"), "--source-prefix", "Закрыть", "--transforms", "prefix,sentencepiece", "файл");
        Assert.Equal(("▁Закрыть ▁файл\n", ""), (prefixed.Output, prefixed.Error));
    }

    [Theory]
    [InlineData(2, "Did you mean --beam-size", "--beam-sise", "3")]
    [InlineData(2, "--n-best is 2, expected at most 1, the width of the beam", "--beam-size", "1", "--n-best", "2")]
    [InlineData(2, "--min-length is 9, expected at most 8, the maximum length.", "--min-length", "9", "--max-length", "8")]
    [InlineData(2, "--length-penalty is long", "--length-penalty", "long")]
    [InlineData(2, "--defaults is v4", "--defaults", "v4")]
    [InlineData(2, "galvani score", "--target", "x")]
    [InlineData(1, "another vocabulary", "--model", "A", "B")]
    [InlineData(1, "There is no file nowhere.pt", "--model", "A", "nowhere.pt")]
    [InlineData(2, "--beam-size is 0, expected at least 1.", "--beam-size", "0")]
    [InlineData(2, "--threads is 100000, expected at most 1024.", "--threads", "100000")]
    [InlineData(2, "--beam-size is 10001, expected at most 10000.", "--beam-size", "10001")]
    [InlineData(1, "galvani: There is no corpus none with transforms", "--corpus", "none")]
    [InlineData(1, "galvani: There is no file", "--tokenizer", "/nowhere")]
    [InlineData(1, "galvani: / is a folder, expected a file.", "--tokenizer", "/")]
    [InlineData(2, "--beam-size is x, expected a whole number.", "--beam-size", "x")]
    [InlineData(2, "--beam-size' expects a single argument", "--beam-size", "1", "--beam-size", "2")]
    [InlineData(2, "--alpha is 1,5, expected a number such as 1.5.", "--alpha", "1,5")]
    [InlineData(2, "--random-sampling-topp is 2, expected a probability from 0 to 1.", "--random-sampling-topp", "2")]
    [InlineData(2, "--random-sampling-temp is -1, expected", "--random-sampling-topk", "2", "--random-sampling-temp", "-1")]
    [InlineData(2, "--random-sampling-temp is 1E-40, expected 0, or a finite number of at least 1E-30.", "--random-sampling-topk", "2", "--random-sampling-temp", "1e-40")]
    [InlineData(2, "--max-length-ratio is NaN, expected", "--max-length-ratio", "NaN")]
    [InlineData(2, "--attention goes with --json", "--attention")]
    [InlineData(2, "--target-prefix is text", "--pieces", "--target-prefix", "x")]
    [InlineData(1, "/nowhere does not exist", "--report", "/nowhere/r.json")]
    public void Translate_WrongOptions_SayWhatIsExpected(int exitCode, string expected, params string[] options)
    {
        options = [.. options.Select(option => option switch { "A" => Repository.Sample("model.pt"), "B" => Repository.Golden("base", "model.pt"), _ => option })];
        var result = GalvaniProcess.Run(["translate", "x", .. options]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bleu_OfTranslations_PrintsBothScoresWithSignatures()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("h"), "the cat sat on a mat\nso it is\n");
        File.WriteAllText(folder.File("r"), "the cat sat on the mat\nso it is .\n");
        var plain = GalvaniProcess.Run("bleu", folder.File("h"), folder.File("r"));
        Assert.StartsWith("BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp = 53.", plain.Output, StringComparison.Ordinal);
        Assert.Contains("\nchrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no = ", plain.Output, StringComparison.Ordinal);
        var json = JsonDocument.Parse(GalvaniProcess.Run("bleu", folder.File("h"), folder.File("r"), "--json").Output).RootElement;
        Assert.Equal((2, 9), (json.GetProperty("lines").GetInt32(), json.GetProperty("bleu").GetProperty("hypothesis_length").GetInt32()));
        File.AppendAllText(folder.File("h"), "more\n");
        Assert.Contains("has 3 lines", GalvaniProcess.Run("bleu", folder.File("h"), folder.File("r")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bleu_OfLinesWithBrokenUtf8_CountsThem()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("h"), [.. "the cat "u8, 0xFF, (byte)'\n', .. "so it is\n"u8]);
        File.WriteAllBytes(folder.File("r"), [.. "the cat\n"u8, 0xC3, (byte)'\n']);
        var result = GalvaniProcess.Run("bleu", folder.File("h"), folder.File("r"));
        Assert.Equal((0, "galvani: 2 lines had broken UTF-8; each broken byte became U+FFFD\n"), (result.ExitCode, result.Error));
    }
}
