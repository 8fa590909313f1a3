using System.Globalization;
using System.Text.Json;
using Galvani.Checkpoints.Numpy;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>embed</c> and <c>compare</c>: the study's rows 9 to 16 through the program, forms of output.</summary>
public sealed class EmbedCommandTests
{
    private static readonly string StudyLines = Repository.Sample("study-lines.txt");

    private static readonly IReadOnlyDictionary<string, NumpyArray> Study = NpzFile.Read(Repository.Sample("study.npz"));

    [Theory]
    [InlineData("study.positions")]
    [InlineData("study.no-positions", "--no-positions")]
    [InlineData("model.positions", "--scaling", "model")]
    [InlineData("model.no-positions", "--scaling", "model", "--no-positions")]
    public void Embed_StudyLines_EqualTorchsVectors(string way, params string[] options)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, GalvaniProcess.Run(["embed", "--source", StudyLines, "-o", folder.File("x.npz"), .. options]).ExitCode);
        var actual = NpzFile.Read(folder.File("x.npz"))["vectors"];
        Assert.Equal([6L, 256L], actual.Shape);
        NumericAssert.CloseToLargest(Study[way + ".vectors"].ToSingles(), actual.ToSingles(), 1e-6, way);
    }

    [Fact]
    public void Embed_PerToken_EqualsTorchsSumOfTokenAndPosition()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, GalvaniProcess.Run("embed", "--source", StudyLines, "--per-token", "sum", "-o", folder.File("x.npz")).ExitCode);
        var actual = NpzFile.Read(folder.File("x.npz"));
        for (var i = 0; i < 6; i++)
            NumericAssert.CloseToLargest(Study[FormattableString.Invariant($"{i}.tokens")].ToSingles(), actual[FormattableString.Invariant($"{i}.embedded")].ToSingles(), 1e-6);
    }

    [Fact]
    public void Compare_Dimensions_PrintTheStudysTable()
    {
        var lines = File.ReadAllLines(StudyLines);
        var result = GalvaniProcess.Run(["compare", .. lines, "--dimensions", "256,128,64,32,16", "--json"]);
        Assert.True(result.ExitCode == 0, result.Error);
        var root = JsonDocument.Parse(result.Output).RootElement;
        foreach (var table in root.GetProperty("similarities").EnumerateArray())
        {
            var expected = Study[FormattableString.Invariant($"study.positions.cosine.{table.GetProperty("dimensions").GetInt32()}")].ToDoubles();
            var actual = table.GetProperty("cosine").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(value => value.GetDouble())).ToArray();
            Assert.Equal(expected.Length, actual.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], 1e-6);
        }

        for (var i = 0; i < lines.Length; i++)
            Assert.Equal(Study[FormattableString.Invariant($"{i}.ids")].ToInt64s(), root.GetProperty("sentences")[i].GetProperty("ids").EnumerateArray().Select(id => id.GetInt64()));
    }

    [Fact]
    public void Compare_Text_ShowsPiecesIdsTextShapeAndUnknownPieces()
    {
        var output = GalvaniProcess.Run("compare", "Мама 漢", "Мама").Output;
        Assert.Contains("漢(<unk>)", output, StringComparison.Ordinal);
        Assert.Contains("-> [256]", output, StringComparison.Ordinal);
        Assert.Contains("decoded  Мама <unk>", output, StringComparison.Ordinal);
        Assert.Contains("cosine of the means of token vector + positional row, centred", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_Order_IsOfInputOrRanked()
    {
        string[] texts = ["Открыть файл", "Здравствуй, мир!", "Закрыть файл"];
        var input = Cosines(GalvaniProcess.Run(["compare", .. texts, "--order", "input"]).Output);
        var ranked = Cosines(GalvaniProcess.Run(["compare", .. texts, "--order", "rank"]).Output);
        Assert.Equal(3, input.Count);
        Assert.Equal(input.OrderDescending(), ranked);
        Assert.NotEqual(input, ranked);
    }

    [Fact]
    public void Compare_PermutedPieces_HaveCosineOne()
    {
        var result = GalvaniProcess.Run("compare", "--pieces", "▁Мама ▁мы ла ▁файл", "▁файл ла ▁мы ▁Мама", "--json");
        Assert.Equal(1, JsonDocument.Parse(result.Output).RootElement.GetProperty("similarities")[0].GetProperty("cosine")[0][1].GetDouble(), 1e-9);
    }

    [Theory]
    [InlineData("compare one", "expected two at least")]
    [InlineData("compare one --order rnk", "expected input or rank")]
    [InlineData("embed x --per-token all", "expected tokens, positions or sum")]
    [InlineData("embed x --dimensions 5-3", "is no range of dimensions")]
    [InlineData("embed x --scaling big", "expected study or model")]
    [InlineData("embed x -o x.txt", "expected .npy, .npz or .safetensors")]
    public void Usage_Wrong_IsCode2(string line, string expected)
    {
        var result = GalvaniProcess.Run(line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_MoreDimensionsThanTheModelHas_SaysHowManyThereAre()
    {
        var result = GalvaniProcess.Run("embed", "x", "--dimensions", "300");
        Assert.Equal(2, result.ExitCode);
        Assert.EndsWith("the model's vectors have 256.\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Embed_ModelWithFeatures_TakesPiecesWithFeatures()
    {
        var model = Repository.Golden("features-sum", "model.pt");
        var lines = File.ReadAllText(Repository.Golden("features-sum", "source.feats.txt"));
        var result = GalvaniProcess.RunWith(lines, "embed", "--model", model, "--pieces", "--dimensions", "2");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(lines.TrimEnd('\n').Split('\n').Length, result.Output.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("carries 0 features, the model has", GalvaniProcess.RunWith("▁a1\n", "embed", "--model", model, "--pieces").Error, StringComparison.Ordinal);
        var defaults = GalvaniProcess.RunWith("▁a1 ▁a2\n", "embed", "--model", model, "--pieces", "-src_feats_defaults", "F4￨F1");
        var carried = GalvaniProcess.RunWith("▁a1￨F4￨F1 ▁a2￨F4￨F1\n", "embed", "--model", model, "--pieces");
        Assert.True(defaults.ExitCode == 0, defaults.Error);
        Assert.Equal(carried.Output, defaults.Output);
    }

    [Fact]
    public void Compare_ModelWithFeatures_ShowsTheirValuesAndMarksUnknownOnes()
    {
        string[] command = ["compare", "--model", Repository.Golden("features-concat", "model.pt"), "--pieces", "▁a25￨F1 ▁a61￨f2", "▁a1￨F0"];
        var text = GalvaniProcess.Run(command).Output;
        Assert.Contains("   pieces    ▁a25 ▁a61(<unk>)\n   ids       29 0\n   features  F1 <unk>\n", text, StringComparison.Ordinal);
        Assert.Contains("   features  F0\n", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(GalvaniProcess.Run([.. command, "--json"]).Output);
        Assert.Equal("[[\"F1\", \"<unk>\"]]", json.RootElement.GetProperty("sentences")[0].GetProperty("features").GetRawText());
        Assert.DoesNotContain("features", GalvaniProcess.Run("compare", "a", "b").Output, StringComparison.Ordinal);
    }

    private static List<double> Cosines(string output) =>
        [.. output.Split("cosine with 1")[1].Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 2)
            .Select(words => double.Parse(words[1], CultureInfo.InvariantCulture))];
}
