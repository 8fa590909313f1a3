using System.Text.Json;
using Galvani.Cli.Output;
using Galvani.Cli.Views;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Tests.Views;

/// <summary>The default view: one screen of 80 columns that tells what a file is.</summary>
public sealed class OverviewViewTests
{
    private const int ScreenLines = 47;

    public static TheoryData<string> Files =>
    [
        .. Repository.GoldenOptions.Select(option => $"{option}/model.pt"), "opennmt-v2/model.pt", "opennmt-v2/converted-to-v3.pt",
        .. Directory.GetFiles(Repository.Golden("containers"), "*.pt").Select(file => $"containers/{Path.GetFileName(file)}").Where(file => !file.EndsWith("-legacy.pt", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void WriteText_EveryGoldenFile_FitsAScreenOf80Columns(string file)
    {
        var lines = Text(Repository.Golden(file.Split('/'))).TrimEnd('\n').Split('\n');
        Assert.All(lines.Skip(1), line => Assert.True(TextWrap.Width(line) <= TextWrap.ScreenColumns, line)); // the first is the path as it was given
        Assert.InRange(lines.Length, 5, ScreenLines);
    }

    [Fact]
    public void WriteText_FileOfVersion2_SuggestsItsDefaults()
    {
        Assert.Contains("--defaults v2", Text(Repository.Golden("opennmt-v2", "model.pt")), StringComparison.Ordinal);
        Assert.DoesNotContain("--defaults v2", Text(Repository.Golden("opennmt-v2", "converted-to-v3.pt")), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void WriteJson_EveryGoldenFile_IsOneDocumentWithoutRepeatedNames(string file)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden(file.Split('/')));
        using var stream = new MemoryStream();
        var json = new JsonText(stream);
        OverviewView.WriteJson(json, checkpoint);
        json.EndLine();
        using var document = JsonDocument.Parse(stream.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("torch zip, format 3, pickle protocol 2, 98 entries; 98 tensors")]
    [InlineData("opt (Namespace of 262)")]
    [InlineData("encoder 4, decoder 3")]
    [InlineData("256 in 8 heads of 32")]
    [InlineData("512 (2 x the width), relu")]
    [InlineData("interleaved sinusoids, 5000 rows")]
    [InlineData("source embedding = target embedding = generator weight")]
    [InlineData("8008 tokens, the same on both sides")]
    [InlineData("sentencepiece.model: 7997 of 7997 pieces in vocabulary (100 %)")]
    [InlineData("6 524 232")]
    [InlineData("warmup_steps 1200")]
    [InlineData("optimizer state: empty")]
    public void WriteText_Sample_Says(string expected) =>
        Assert.Contains(expected, Unwrapped(Text(Repository.Sample("model.pt"))), StringComparison.Ordinal);

    [Fact]
    public void WriteText_TokenizerOfAnotherModel_IsAWarning()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Golden("base", "model.pt"), folder.File("model.pt"));
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        Assert.Contains("WARNING", Text(folder.File("model.pt")), StringComparison.Ordinal);
    }

    [Fact]
    public void WriteText_PrefixesOfCorpora_AreListed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), new OpenNmtBuilder().Option("encoder_type", "transformer").Option("decoder_type", "transformer").Option("hidden_size", 4).Option("heads", 2)
            .Option("data", pickle =>
            {
                pickle.Op('}').Text("news").Op('}').Text("src_prefix").Text("｟to_en｠").Op('s').Text("tgt_prefix").Text("").Op("ss");
                pickle.Text("books").Op('}').Text("src_prefix").Text("｟to_ru｠").Op('s').Text("tgt_prefix").Text("｟ru｠").Op("ss");
            }).Tensor("encoder.layer_norm.weight", 4).Build());
        Assert.Contains("prefixes news: source '｟to_en｠', target ''; books: source '｟to_ru｠', target '｟ru｠'", Unwrapped(Text(folder.File("model.pt"))), StringComparison.Ordinal);
    }

    [Fact]
    public void WriteText_FileOfManyTensors_ListsTheFirst() =>
        Assert.Contains("more; --object / shows them", Unwrapped(Text(Repository.Golden("containers", "dtypes.pt"))), StringComparison.Ordinal);

    /// <summary>The text as one line, so that it does not matter where lines were broken.</summary>
    private static string Unwrapped(string text) => string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static string Text(string path)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(path);
        using var writer = new StringWriter();
        OverviewView.WriteText(writer, checkpoint);
        return writer.ToString();
    }
}
