using System.Globalization;
using System.Text.Json;
using Galvani.Checkpoints.Numpy;
using Galvani.Testing;

namespace Galvani.Cli.Tests.Commands;

/// <summary>The score command through the program: forms, blank lines, arrays, errors.</summary>
public sealed class ScoreCommandTests
{
    private static readonly string[][] Lines = [.. File.ReadAllLines(Repository.Sample("expected-lines.txt")).Select(line => line.Split('\t'))];
    private static readonly IReadOnlyDictionary<string, NumpyArray> Expected = NpzFile.Read(Repository.Sample("expected.npz"));

    [Fact]
    public void Score_TabSeparatedLines_PrintsSumTokensPerplexity()
    {
        // A blank line between the first and the second.
        var input = string.Concat(Lines.Select((line, i) => $"{line[1]}\t{line[2]}\n{(i == 0 ? "\n" : "")}"));
        var result = GalvaniProcess.RunWith(input, "score");
        Assert.True(result.ExitCode == 0, result.Error);
        var rows = result.Output.Split('\n');
        Assert.Equal(("", ""), (rows[1], rows[^1]));
        rows = [.. rows.Where(row => row.Length > 0)];
        Assert.Equal(Lines.Length, rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            var parts = rows[i].Split('\t');
            var (score, count) = (Number(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture));
            Assert.Equal(Expected[$"{i}.gold_score"].ToSingles()[0], score, 1e-4f);
            Assert.Equal(Expected[$"{i}.target_out"].Count, count);
            Assert.Equal(Math.Exp(-score / count), Number(parts[2]), 1e-3);
        }
    }

    [Fact]
    public void Score_ThreadsAndNeighbours_ChangeNoByte()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("s"), Enumerable.Range(0, 12).Select(i => Lines[i % Lines.Length][1]));
        File.WriteAllLines(folder.File("t"), Enumerable.Range(0, 12).Select(i => Lines[i % Lines.Length][2]));
        var one = GalvaniProcess.Run("score", "--source", folder.File("s"), "--target", folder.File("t"), "--json", "--threads", "1");
        var two = GalvaniProcess.Run("score", "-src", folder.File("s"), "-tgt", folder.File("t"), "--json", "--threads", "2");
        Assert.True(one.ExitCode == 0, one.Error);
        Assert.Equal(one.Output, two.Output);
        var rows = one.Output.TrimEnd('\n').Split('\n');
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(rows[i % Lines.Length], rows[i]));
        using var first = JsonDocument.Parse(rows[0]);
        Assert.Equal(["source", "target", "score", "tokens", "token_log_probs", "perplexity"], first.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(first.RootElement.GetProperty("tokens").GetInt32(), first.RootElement.GetProperty("token_log_probs").GetArrayLength());
    }

    [Fact]
    public void Score_LogProbs_WritesTheWholeTables()
    {
        using var folder = new TemporaryFolder();
        var result = GalvaniProcess.RunWith($"{Lines[0][1]}\t{Lines[0][2]}\n\n{Lines[2][1]}\t{Lines[2][2]}\n", "score", "--log-probs", "-o", folder.File("x.npz"));
        Assert.True(result.ExitCode == 0, result.Error);
        var arrays = NpzFile.Read(folder.File("x.npz"));
        Assert.Equal(["0.target_out", "0.log_probs", "2.target_out", "2.log_probs"], arrays.Keys);
        Assert.Equal(Expected["2.target_out"].ToInt64s(), arrays["2.target_out"].ToInt64s());
        Assert.Equal([arrays["0.target_out"].Count, 8008], arrays["0.log_probs"].Shape);
        var expected = Expected["0.log_probs.first3"].ToSingles();
        NumericAssert.Close(expected, arrays["0.log_probs"].ToSingles().AsSpan(0, expected.Length), 2e-4);
    }

    [Fact]
    public void Score_LanguageModel_TakesTheSourceAlone()
    {
        var model = Repository.Golden("lm", "model.pt");
        var result = GalvaniProcess.Run("score", "--model", model, "--pieces", "▁a15 ▁a3 ▁a36", "--json");
        Assert.True(result.ExitCode == 0, result.Error);
        using var row = JsonDocument.Parse(result.Output);
        Assert.Equal(["source", "score", "tokens", "token_log_probs", "perplexity"], row.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(4, row.RootElement.GetProperty("tokens").GetInt32());
        var refused = GalvaniProcess.Run("score", "--model", model, "--pieces", "▁a15", "--target", model);
        Assert.Equal(2, refused.ExitCode);
    }

    [Fact]
    public void Score_LineBeyondTheLimit_IsAnErrorOrCut()
    {
        var refused = GalvaniProcess.RunWith("a\tb\nОткрыть этот файл\tOpen File\n", "score", "--max-source", "2");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Line 2 has 3 pieces, the limit is 2; --on-long cut", refused.Error, StringComparison.Ordinal);
        var cut = GalvaniProcess.RunWith("Открыть этот файл\tOpen File\n", "score", "--max-source", "2", "--on-long", "cut");
        Assert.Equal(GalvaniProcess.RunWith("Открыть этот\tOpen File\n", "score").Output, cut.Output);
        var split = GalvaniProcess.RunWith("a\tb\n", "score", "--on-long", "split");
        Assert.Equal(2, split.ExitCode);
        Assert.Contains("belongs to its whole source", split.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_LongTextOfALanguageModelSplit_ScoresItsParts()
    {
        using var folder = new TemporaryFolder();
        string[] command = ["score", "--model", Repository.Golden("lm", "model.pt"), "--pieces", "--max-source", "2"];
        const string Input = "▁a15 ▁a3 ▁a36\n\n▁a5 ▁a6\n";
        var split = GalvaniProcess.RunWith(Input, [.. command, "--on-long", "split", "--report", folder.File("r.json")]);
        Assert.True(split.ExitCode == 0, split.Error);
        var whole = GalvaniProcess.RunWith("▁a15 ▁a3\n▁a36\n", command[..^2]).Output.Split('\n').SkipLast(1).Select(row => row.Split('\t')).ToList();
        var rows = split.Output.Split('\n');
        Assert.Equal(4, rows.Length);
        Assert.Equal("4", rows[0].Split('\t')[1]); // three tokens and one end
        Assert.Equal("", rows[1]);
        Assert.Equal(GalvaniProcess.RunWith("▁a5 ▁a6\n", command[..^2]).Output, rows[2] + "\n");
        Assert.True(Number(rows[0].Split('\t')[0]) > whole.Sum(row => Number(row[0]))); // one end token less
        Assert.Contains("1 line was longer", split.Error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllText(folder.File("r.json")));
        Assert.Equal((5, 1), (report.RootElement.GetProperty("tokens").GetInt32(), report.RootElement.GetProperty("long_lines").GetInt32()));
        var arrays = GalvaniProcess.RunWith(Input, [.. command, "--on-long", "split", "--log-probs", "-o", folder.File("x.npz")]);
        Assert.True(arrays.ExitCode == 0, arrays.Error);
        Assert.Equal([4, NpzFile.Read(folder.File("x.npz"))["2.log_probs"].Shape[1]], NpzFile.Read(folder.File("x.npz"))["0.log_probs"].Shape);
    }

    [Fact]
    public void Score_TargetPrefix_StandsInFrontOfEveryTranslation()
    {
        var expected = GalvaniProcess.RunWith("Открыть файл\tClose File\n", "score");
        Assert.Equal(expected.Output, GalvaniProcess.RunWith("Открыть файл\tFile\n", "score", "--target-prefix", "Close").Output);
        Assert.Equal(expected.Output, GalvaniProcess.RunWith("Открыть файл\tClose File\n", "score", "-tgt_subword_model", Repository.Sample("sentencepiece.model")).Output);
    }

    [Fact]
    public void Score_TranslationBeyondTheTable_IsAnErrorThatNamesLineAndLimit()
    {
        var input = $"▁a5\t▁a6\n▁a5\t{string.Join(' ', Enumerable.Repeat("▁a6", 120))}\n";
        var result = GalvaniProcess.RunWith(input, "score", "--model", Repository.Golden("base", "model.pt"), "--pieces");
        Assert.Equal((1, "galvani: Line 2: The translation has 120 pieces, the limit is 95.\n"), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData(1, "no tab", "Открыть файл")]
    [InlineData(2, "--output", "Открыть файл\tOpen", "--log-probs")]
    [InlineData(2, ".npz", "Открыть файл\tOpen", "--log-probs", "-o", "x.txt")]
    [InlineData(1, "no counterpart", "a\nb", "--target", "ONE")]
    [InlineData(1, "more lines", "a", "--target", "TWO")]
    public void Score_WrongUse_SaysWhat(int code, string words, string input, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("ONE"), "x\n");
        File.WriteAllText(folder.File("TWO"), "x\ny\n");
        var result = new GalvaniProcess { WorkingFolder = folder.Root }.Execute(["score", .. arguments], System.Text.Encoding.UTF8.GetBytes(input));
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
    }

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
