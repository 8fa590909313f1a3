using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Views;
using Galvani.Models.OpenNmt;
using Galvani.Testing.Hostile;

namespace Galvani.Cli.Tests.Views;

/// <summary>The views of tensors, values, statistics, vocabularies, options, archives.</summary>
public sealed class InspectViewsTests
{
    [Fact]
    public void Tensors_Sample_AreFoldedWithSharedStoragesMarked()
    {
        var folded = Sample((output, checkpoint) => TensorsView.WriteText(output, TensorChoice.All(checkpoint), isUnfolded: false));
        Assert.Contains("encoder.transformer.{0-3}.self_attn.linear_keys.weight", folded, StringComparison.Ordinal);
        Assert.Equal(3, folded.Split("shared storage 1").Length - 1);
        Assert.Contains("98 tensors", folded, StringComparison.Ordinal);
        var unfolded = Sample((output, checkpoint) => TensorsView.WriteText(output, TensorChoice.All(checkpoint), isUnfolded: true));
        Assert.Contains("encoder.transformer.2.self_attn.linear_keys.weight", unfolded, StringComparison.Ordinal);
        Assert.True(unfolded.Split('\n').Length > folded.Split('\n').Length + 40);
    }

    [Fact]
    public void Tensors_SavedOnAnotherDevice_SayWhich()
    {
        var file = new OpenNmtBuilder { Location = "cuda:0" }.Tensor("encoder.layer_norm.weight", 4);
        Assert.Contains("encoder.layer_norm.weight  float32  [4]       16  saved on cuda:0\n", Built(file, (output, checkpoint) => TensorsView.WriteText(output, TensorChoice.All(checkpoint), isUnfolded: false)), StringComparison.Ordinal);
        Assert.Contains("float32, saved on cuda:0\n", Built(file, OverviewView.WriteText), StringComparison.Ordinal);
        Assert.Contains("[0.0, 0.0, 0.0, 0.0]\n", Built(file, (output, checkpoint) => ValuesView.WriteText(output, TensorChoice.One(checkpoint, "encoder.layer_norm.weight"), new ObjectView.Settings(ShowAll: false))), StringComparison.Ordinal);
        Assert.DoesNotContain("saved on", Sample(OverviewView.WriteText), StringComparison.Ordinal);
    }

    [Fact]
    public void Vocabulary_DuplicateNoUnknownAndAnotherLength_IsSaid()
    {
        var file = new OpenNmtBuilder
        {
            Vocabulary = pickle =>
            {
                pickle.Op('}').Text("src");
                OpenNmtBuilder.Texts(pickle, "<blank>", "a", "b", "a");
                pickle.Op('s').Text("tgt");
                OpenNmtBuilder.Texts(pickle, "<unk>", "c");
                pickle.Op('s');
            },
        }.Option("encoder_type", "transformer").Option("decoder_type", "transformer").Option("hidden_size", 4).Option("heads", 2)
            .Tensor("encoder.embeddings.make_embedding.emb_luts.0.weight", 5, 4).Tensor("decoder.embeddings.make_embedding.emb_luts.0.weight", 2, 4);
        var text = Built(file, (output, checkpoint) => VocabularyView.WriteText(output, checkpoint, pattern: null, showAll: false));
        var warnings = text.Split('\n').Where(line => line.StartsWith("warning: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [
                "warning: source: The vocabulary has no <unk>: a token outside it has no id.",
                "warning: source: Token \"a\" is listed as 1 and as 3: text gets 1.",
                "warning: encoder.embeddings.make_embedding.emb_luts.0.weight has 5 rows, vocab.src has 4 tokens",
            ], warnings);
    }

    [Fact]
    public void Matching_Pattern_TakesNamesOfTheGlob()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        Assert.Equal(["generator.weight", "generator.bias"], TensorChoice.Matching(checkpoint, "generator.*").Select(tensor => tensor.Name));
        Assert.Contains("inspect FILE --tensors lists them", Assert.Throws<CommandException>(() => TensorChoice.Matching(checkpoint, "zzz*")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encodr.layer_norm.weight", "encoder.layer_norm.weight")]
    [InlineData("generator.wieght", "generator.weight")]
    [InlineData("encoder.embeddings.make_embedding.pe", "encoder.embeddings.make_embedding.pe.pe")]
    public void One_NameThatDoesNotExist_GetsTheNearest(string name, string expected)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        Assert.Contains(expected, Assert.Throws<CommandException>(() => TensorChoice.One(checkpoint, name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_LargeTensor_ShowsTheEdgesOrAll()
    {
        var edges = Sample((output, checkpoint) => ValuesView.WriteText(output, TensorChoice.One(checkpoint, "generator.bias"), new ObjectView.Settings(ShowAll: false)));
        Assert.Contains("generator.bias  float16  [8008]\n[0.032470703, 0.0022239685, -2.9335938, ..., -0.0040740967, 0.004070282, 0.005458832]\n", edges, StringComparison.Ordinal);
        var all = Sample((output, checkpoint) => ValuesView.WriteText(output, TensorChoice.One(checkpoint, "generator.bias"), new ObjectView.Settings(ShowAll: true)));
        Assert.Equal(8008, all.Split(", ").Length);
    }

    [Theory]
    [InlineData("tensor-of-a-quadrillion-empty-rows.pt", "[1125899906842624, 0]\n[]\n")]
    [InlineData("tensor-expanded-to-millions.pt", "[2, 2000000]\n[[0.0, 0.0, 0.0, ..., 0.0, 0.0, 0.0],\n [0.0, 0.0, 0.0, ..., 0.0, 0.0, 0.0]]\n")]
    public void Values_TensorOfManyRowsOrNumbers_IsCut(string file, string expected) => Assert.EndsWith(expected, Hostile(file, showAll: false), StringComparison.Ordinal);

    [Fact]
    public void Values_TensorOfTwentyDimensions_ShowsItsFirstNumbersAndClosesAllBrackets()
    {
        var text = Hostile("tensor-expanded-along-twenty-dimensions.pt", showAll: false);
        Assert.Equal(10_000, text.Split("0.0").Length - 1);
        Assert.EndsWith(",\n ...]" + "\n", text, StringComparison.Ordinal);
        Assert.Equal(text.Count(character => character == '['), text.Count(character => character == ']'));
    }

    [Fact]
    public void Values_AllOfMoreNumbersThanTheLimit_IsRefusedBeforeAnyOutput()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(HostileCorpus.PathOf("tensor-expanded-to-millions.pt"));
        var output = new StringWriter();
        var settings = new ObjectView.Settings(ShowAll: true) { MaximumNodes = 3_999_999 };
        Assert.Contains("the limit (JsonNodes)", Assert.Throws<CommandException>(() => ValuesView.WriteText(output, TensorChoice.One(checkpoint, "/"), settings)).Message, StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    /// <summary>A complex number counts as in JSON, where it is a pair.</summary>
    [Fact]
    public void Values_AllOfMoreComplexNumbersThanTheLimit_AreRefused()
    {
        const int Count = 1000;
        var tensor = new OpenNmtTensor("x", "x", "/", CheckpointTree.Computed(DType.Complex64, [Count], (_, destination) => destination.Clear()).View);
        var settings = new ObjectView.Settings(ShowAll: true) { MaximumNodes = 3 * Count };
        var output = new StringWriter();
        ValuesView.WriteText(output, tensor, settings);
        Assert.Equal(Count, output.ToString().Split("0+0i").Length - 1);
        Assert.Throws<CommandException>(() => ValuesView.WriteText(output, tensor, settings with { MaximumNodes = 3 * Count - 1 }));
    }

    private static string Hostile(string file, bool showAll)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(HostileCorpus.PathOf(file));
        var output = new StringWriter();
        ValuesView.WriteText(output, TensorChoice.One(checkpoint, "/"), new ObjectView.Settings(showAll), columns: null);
        return output.ToString();
    }

    [Fact]
    public void Values_RowsWiderThanTheTerminal_GoOnBelowTheirFirstNumber()
    {
        var text = Sample((output, checkpoint) => ValuesView.WriteText(output, TensorChoice.One(checkpoint, "generator.weight"), new ObjectView.Settings(ShowAll: false), columns: 80));
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.InRange(line.Length, 1, 80));
        Assert.Contains("\n [-0.0013408661, -0.008293152, 0.0052452087, ..., -0.013511658, -0.005760193,\n  -0.018875122],\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_WithRows_NamesTheTokensOfTheExtremeRows()
    {
        var text = Sample((output, checkpoint) => StatisticsView.WriteText(output, checkpoint, TensorChoice.Matching(checkpoint, "encoder.embeddings*"), withRows: true));
        Assert.Contains("row norms of encoder.embeddings.make_embedding.emb_luts.0.weight: smallest and largest", text, StringComparison.Ordinal);
        Assert.Matches(@"\n +1 +0\.40\d* +<blank>\n", text);
        Assert.Matches(@"\n +5844 +2\.68\d* +▁nova\n", text);
    }

    [Fact]
    public void Statistics_Histogram_UsesTheLowestBarForTheSmallestCounts()
    {
        var text = Sample((output, checkpoint) => StatisticsView.WriteText(output, checkpoint, TensorChoice.Matching(checkpoint, "encoder.transformer.0.feed_forward.w_1.weight"), withRows: false));
        Assert.Contains("▁", text, StringComparison.Ordinal);
        Assert.Contains("█", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_Sample_EqualTheDefinitions()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        var values = checkpoint.Require("encoder.layer_norm.bias").ToSingles().Select(value => (double)value).ToArray();
        var mean = values.Average();
        var text = Sample((output, opened) => StatisticsView.WriteText(output, opened, TensorChoice.Matching(opened, "encoder.layer_norm.bias"), withRows: false));
        foreach (var expected in (double[])[values.Min(), values.Max(), mean, Math.Sqrt(values.Sum(value => value * value))])
            Assert.Contains(expected.ToString("G5", System.Globalization.CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }

    [Fact]
    public void Vocabulary_Pattern_TakesMatchingTokensWithTheirIds()
    {
        var text = Sample((output, checkpoint) => VocabularyView.WriteText(output, checkpoint, "^▁Мам", showAll: false));
        Assert.StartsWith("both sides: 8008 tokens, ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<unk>", text, StringComparison.Ordinal);
        using var opened = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        Assert.Throws<UsageException>(() => VocabularyView.WriteText(TextWriter.Null, opened, "[", showAll: false));
    }

    [Fact]
    public void Options_Sample_AreGroupedAsTheStudyGroupsThem()
    {
        var text = Sample((output, checkpoint) => OptionsView.WriteText(output, checkpoint.Options, showAll: false));
        var headings = text.Split('\n').Where(line => line.Length > 0 && line[0] != ' ');
        Assert.Equal(["architecture", "embeddings and positions", "layers", "input and preprocessing", "training", "other"], headings);
    }

    [Fact]
    public void Options_OldFile_MarkDefaultsAndRepairs()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        using var writer = new StringWriter();
        OptionsView.WriteText(writer, checkpoint.Options, showAll: false);
        Assert.Matches(@"hidden_size +32 +repaired", writer.ToString());
        Assert.Matches(@"norm_eps +1E-06 +default", writer.ToString());
    }

    [Fact]
    public void Archive_Sample_NamesTheTensorsOfEachEntry()
    {
        var text = Sample((output, checkpoint) => ArchiveView.WriteText(output, checkpoint.Checkpoint));
        Assert.Contains("model/data/0 ", text, StringComparison.Ordinal);
        Assert.Contains("/generator/weight, /model/encoder.embeddings.make_embedding.emb_luts.0.weight, /model/decoder.embeddings.make_embedding.emb_luts.0.weight", text, StringComparison.Ordinal);
        Assert.Contains("the object tree", text, StringComparison.Ordinal);
    }

    private static string Built(OpenNmtBuilder file, Action<TextWriter, OpenNmtCheckpoint> write)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), file.Build());
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        using var writer = new StringWriter();
        write(writer, checkpoint);
        return writer.ToString();
    }

    private static string Sample(Action<TextWriter, OpenNmtCheckpoint> write)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        using var writer = new StringWriter();
        write(writer, checkpoint);
        return writer.ToString();
    }
}
