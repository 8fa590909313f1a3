using System.Text.Json;

namespace Galvani.Cli.Tests.Commands;

/// <summary>The real program, building maps and translating with them.</summary>
public sealed class VocabularyMapCommandTests
{
    private static readonly string[] Source = File.ReadAllLines(Repository.Sample("test.ru"));

    [Fact]
    public void Translate_WithAMapOfItsOwnLines_IsTheSameWhateverTheThreadsAndTheNeighbours()
    {
        const int Count = 40;
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("source"), Source.Take(Count).Append(""));
        var built = GalvaniProcess.Run("vocabulary-map", "build", "--model", Repository.Sample("model.pt"), "--source", folder.File("source"), "--beam-size", "1", "--threshold", "0", "-o", folder.File("vmap.txt"), "--json");
        Assert.True(built.ExitCode == 0, built.Error);
        using var said = JsonDocument.Parse(built.Output);
        Assert.Equal((Count, 1), (said.RootElement.GetProperty("pairs").GetInt32(), said.RootElement.GetProperty("pairs_left_out").GetInt32()));
        string[] options = ["translate", "--model", Repository.Sample("model.pt"), "--vocabulary-map", folder.File("vmap.txt"), "--json"];
        var input = string.Join('\n', Source.Take(Count));
        var one = GalvaniProcess.RunWith(input, [.. options, "--threads", "1"]);
        Assert.True(one.ExitCode == 0, one.Error);
        Assert.Equal(one.Output, GalvaniProcess.RunWith(input, [.. options, "--threads", "2"]).Output);
        for (var line = 0; line < 3; line++)
            Assert.Equal(one.Output.Split('\n')[line] + "\n", GalvaniProcess.RunWith(Source[line], options).Output);
        // All that the model found likely for these very lines has their greedy translations.
        string[] greedy = ["translate", "--model", Repository.Sample("model.pt"), "--beam-size", "1"];
        Assert.Equal(GalvaniProcess.RunWith(input, greedy).Output, GalvaniProcess.RunWith(input, [.. greedy, "--vocabulary-map", folder.File("vmap.txt")]).Output);
    }

    [Fact]
    public void Build_Translations_ListsTheirPieces()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("source"), "Открыть файл\nФайл\n\n");
        File.WriteAllText(folder.File("target"), "Open File\nFile\n\n");
        var built = Build(folder, "--target", folder.File("target"), "--most-frequent", "0");
        Assert.Equal(("", 0), (built.Error, built.ExitCode));
        Assert.Equal($"wrote {folder.File("vmap.txt")}: 3 keys with 5 candidates, 0 for every sentence; from 2 pairs, 1 left out\n", built.Output);
        Assert.Equal(["", "▁Открыть", "▁файл", "▁Файл"], File.ReadLines(folder.File("vmap.txt")).Select(line => line.Split('\t')[0]));
    }

    [Fact]
    public void Build_Alignments_CountLinks()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("source"), "x y\n");
        File.WriteAllText(folder.File("target"), "▁Open ▁File\n");
        File.WriteAllText(folder.File("links"), "0-1 1-0\n");
        var built = Build(folder, "--target", folder.File("target"), "--pieces", "--alignments", folder.File("links"));
        Assert.True(built.ExitCode == 0, built.Error);
        Assert.Equal("\t\nx\t▁File\ny\t▁Open\n", File.ReadAllText(folder.File("vmap.txt")));
        File.WriteAllText(folder.File("links"), "0-1 1:0\n");
        AssertFails(Build(folder, "--target", folder.File("target"), "--pieces", "--alignments", folder.File("links")), 1, $"{folder.File("links")} line 1 has '1:0', expected links as 0-1");
        File.WriteAllText(folder.File("links"), new string('x', 100_000) + "\n");
        AssertFails(Build(folder, "--target", folder.File("target"), "--pieces", "--alignments", folder.File("links")), 1, $"{folder.File("links")} line 1 has '{new string('x', 40)}…', expected links as 0-1");
        File.WriteAllText(folder.File("links"), "0-2\n");
        AssertFails(Build(folder, "--target", folder.File("target"), "--pieces", "--alignments", folder.File("links")), 1, "Pair 1 has the link 0-2, but 2 source and 2 target pieces.");
    }

    [Fact]
    public void Build_BrokenUtf8_IsCounted()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("source"), [(byte)'x', 0xFF, (byte)'\n', (byte)'y', (byte)'\n']);
        File.WriteAllBytes(folder.File("target"), [(byte)'x', (byte)'\n', 0xFE, (byte)'\n']);
        var built = Build(folder, "--target", folder.File("target"));
        Assert.Equal((0, "galvani: 2 lines had broken UTF-8; each broken byte became U+FFFD\n"), (built.ExitCode, built.Error));
    }

    [Fact]
    public void Build_WrongUse_IsOneClearLine()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("source"), "\n");
        File.WriteAllText(folder.File("target"), "a\nb\n");
        AssertFails(Build(folder), 1, $"{folder.File("source")} has no line of 1 to 250 pieces: there is nothing to build from.");
        AssertFails(Build(folder, "--target", folder.File("target")), 1, $"{folder.File("target")} has more lines than the input, which has 1.");
        AssertFails(Build(folder, "--candidates", "0"), 2, "--candidates is 0, expected at least 1.");
        AssertFails(Build(folder, "--threshold", "2"), 2, "--threshold is 2, expected 0 to 1.");
        AssertFails(Build(folder, "--threads", "0"), 2, "--threads is 0, expected at least 1.");
        AssertFails(Build(folder, "--alignments", folder.File("target")), 2, "--alignments goes with --target.");
        AssertFails(Build(folder, "--model", Repository.Golden("lm", "model.pt")), 1, $"{Repository.Golden("lm", "model.pt")} is a language model, expected one that translates");
        Assert.Equal(["source", "target"], Directory.GetFiles(folder.Root).Select(Path.GetFileName).Order());
        AssertFails(GalvaniProcess.Run("vocabulary-map", "biuld"), 2, "vocabulary-map has no command biuld. Did you mean build?");
    }

    [Fact]
    public void Translate_MapThatCannotBeUsed_IsOneClearLine()
    {
        using var folder = new TemporaryFolder();
        AssertFails(GalvaniProcess.Run("translate", "x", "--vocabulary-map", folder.File("none")), 1, $"There is no vocabulary map {folder.File("none")}.");
        AssertFails(GalvaniProcess.Run("translate", "x", "--vocabulary-map", folder.Root), 1, $"{folder.Root} is a folder, expected a vocabulary map.");
        File.WriteAllText(folder.File("vmap.txt"), "x a\n");
        AssertFails(GalvaniProcess.Run("translate", "x", "--vocabulary-map", folder.File("vmap.txt")), 1, $"{folder.File("vmap.txt")} line 1 has no tab, expected source pieces, one tab, target pieces.");
        AssertFails(GalvaniProcess.Run("generate", "--model", Repository.Golden("lm", "model.pt"), "--pieces", "▁a5", "--vocabulary-map", folder.File("vmap.txt")), 2, "A language model has no source to attend to: --report-align, --attention, --replace-unk and --vocabulary-map are for translate.");
        File.WriteAllText(folder.File("vmap.txt"), "▁файл\t▁notapiece\n");
        var noted = GalvaniProcess.Run("translate", "Открыть файл", "--vocabulary-map", folder.File("vmap.txt"));
        Assert.Equal(0, noted.ExitCode);
        Assert.Contains("galvani: 1 of 1 candidates of the vocabulary map are not in the target vocabulary and left out\n", noted.Error, StringComparison.Ordinal);
    }

    private static GalvaniResult Build(TemporaryFolder folder, params string[] options) => GalvaniProcess.Run(
        ["vocabulary-map", "build", "--source", folder.File("source"), "-o", folder.File("vmap.txt"), .. options.Contains("--model") ? [] : (string[])["--model", Repository.Sample("model.pt")], .. options]);

    private static void AssertFails(GalvaniResult result, int code, string expected)
    {
        Assert.Equal((code, ""), (result.ExitCode, result.Output));
        Assert.Contains($"galvani: {expected}", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'), line => !line.StartsWith("galvani: no model is named", StringComparison.Ordinal));
    }
}
