using Galvani.Checkpoints;
using Galvani.Checkpoints.Tests;
using Galvani.Checkpoints.Writing;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Models.OpenNmt.Grafting;

namespace Galvani.Tests.Models.OpenNmt.Grafting;

/// <summary>Grafts: what is where, what the loader of OpenNMT-py demands, what does not fit.</summary>
public sealed class ModelGraftTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Options))]
    public void Violations_GoldenModels_AreNone(string option)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        Assert.Empty(LoaderRules.Violations(model));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Run_AModelsLayersOntoThemselves_ChangesNothing(string option)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        var grafts = new List<LayerGraft>();
        foreach (var side in Sides(model))
            grafts.Add(new LayerGraft(new LayerRange(side, Layers(model, side)), model, Layers(model, side)));
        var report = Run(model, new GraftOptions { Layers = grafts });
        Assert.Empty(report.Changes);
        AssertUnchanged(model);
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Run_AModelsRowsAndTokensOntoThemselves_ChangesNothing(string option)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        var isLanguageModel = model.Find(OpenNmtNames.SourceEmbedding) is null;
        Run(model, new GraftOptions
        {
            SourceEmbedding = isLanguageModel ? null : model, TargetEmbedding = model, Generator = model, Unmatched = UnmatchedRows.Mean,
            KeptTokens = [.. model.Vocabularies!.Source!, .. model.Vocabularies.Target!],
        });
        AssertUnchanged(model);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("shared-decoder-embeddings")]
    [InlineData("features-sum")]
    public void Run_AModelsWholePartsOntoThemselves_ChangesNothing(string option)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        Run(model, new GraftOptions { Encoder = model, Decoder = model });
        AssertUnchanged(model);
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Run_DeeperShallowerAndReordered_IsWhatTheLoaderDemands(string option)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        foreach (var kept in (int[][])[[0], [0, 0, 0]])
        {
            Run(model, new GraftOptions { BaseLayers = [.. Sides(model).Select(side => new LayerRange(side, kept))] });
            using var result = Open();
            Assert.Empty(LoaderRules.Violations(result));
            Assert.Empty(OpenNmtVerification.Check(result));
            Assert.Equal(kept.Length, OpenNmtConfig.Create(result).DecoderLayerCount);
        }
    }

    [Fact]
    public void Run_LayersOfADonor_AreInTheirPlacesAndTheRestIsTheBases()
    {
        ModelVariant.WriteNoisy(Repository.Golden("base", "model.pt"), folder.File("donor.pt"), seed: 3);
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var donor = OpenNmtCheckpoint.Open(folder.File("donor.pt"));
        var report = Run(model, new GraftOptions { Layers = [new LayerGraft(new LayerRange(ModelSide.Encoder, [1, 2]), donor, [0, 1]), new LayerGraft(new LayerRange(ModelSide.Decoder, [0]), model, [1])] });
        using var result = Open();
        Assert.Empty(LoaderRules.Violations(result));
        Assert.Equal((3, 2), (result.Options.Integer("enc_layers"), result.Options.Integer("dec_layers")));
        foreach (var tensor in result.Tensors)
        {
            var expected = OpenNmtNames.TryParseLayer(tensor.Name, OpenNmtNames.EncoderLayers, out var layer, out var rest)
                ? layer == 0 ? model.Require(tensor.Name) : donor.Require(OpenNmtNames.EncoderLayer(layer - 1) + rest)
                : OpenNmtNames.TryParseLayer(tensor.Name, OpenNmtNames.DecoderLayers, out _, out rest) ? model.Require(OpenNmtNames.DecoderLayer(1) + rest) : model.Require(tensor.Name);
            Assert.Equal(expected.ToSingles(), tensor.View.ToSingles());
        }

        Assert.Equal([(0, 0), (1, 0), (2, 1)], report.Layers.Where(origin => origin.Side == ModelSide.Encoder).Select(origin => (origin.Layer, origin.SourceLayer)));
        Assert.Equal(model.Tensors.Count - model.Checkpoint.Storages.Count, result.Tensors.Count - result.Checkpoint.Storages.Count); // the repeated layer has storages of its own
    }

    [Fact]
    public void Run_DonorOfAnotherElementType_IsCastToTheBases()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        CheckpointConversion.Run(
            model, CheckpointDestination.File(folder.File("half.pt")), new ConversionOptions { ElementType = Checkpoints.Tensors.DType.Float16 }, cancellationToken: TestContext.Current.CancellationToken);
        using var half = OpenNmtCheckpoint.Open(folder.File("half.pt"));
        Run(model, new GraftOptions { Layers = [new LayerGraft(new LayerRange(ModelSide.Encoder, [0]), half, [1])] });
        using var result = Open();
        Assert.All(result.Tensors, tensor => Assert.Equal(Checkpoints.Tensors.DType.Float32, tensor.View.DType));
        var name = OpenNmtNames.EncoderLayer(0) + "feed_forward.w_1.weight";
        Assert.Equal(half.Require(OpenNmtNames.EncoderLayer(1) + "feed_forward.w_1.weight").ToSingles(), result.Require(name).ToSingles());
    }

    [Fact]
    public void Run_WholeEncoderOfAModelWithOtherVocabulary_BringsItsVocabularyAndUnties()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        Run(model, new GraftOptions { KeptTokens = [.. model.Vocabularies!.Source!.Take(1000)], BaseLayers = [new LayerRange(ModelSide.Encoder, [1])] });
        File.Move(folder.File("x.pt"), folder.File("donor.pt"));
        using var donor = OpenNmtCheckpoint.Open(folder.File("donor.pt"));
        var report = Run(model, new GraftOptions { Encoder = donor });
        using var result = Open();
        Assert.Equal(1000, result.Vocabularies!.Source!.Count);
        Assert.Equal(model.Vocabularies.Target, result.Vocabularies.Target);
        Assert.Equal((1, 2), (result.Options.Integer("enc_layers"), result.Options.Integer("dec_layers")));
        Assert.False(result.Options.Flag("share_embeddings"));
        Assert.False(result.Options.Flag("share_vocab"));
        Assert.True(result.Options.Flag("share_decoder_embeddings"));
        Assert.Contains("opt: share_embeddings True -> False", report.Changes);
        Assert.Empty(LoaderRules.Violations(result));
        Assert.Empty(OpenNmtVerification.Check(result));
    }

    [Fact]
    public void Run_WholeDecoder_BringsGeneratorAndVocabulary()
    {
        ModelVariant.WriteNoisy(Repository.Golden("base", "model.pt"), folder.File("donor.pt"), seed: 4);
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var donor = OpenNmtCheckpoint.Open(folder.File("donor.pt"));
        Run(model, new GraftOptions { Decoder = donor });
        using var result = Open();
        Assert.All(result.Tensors, tensor => Assert.Equal(
            (tensor.Name.StartsWith("encoder.", StringComparison.Ordinal) ? model : donor).Require(tensor.Name).ToSingles(), tensor.View.ToSingles()));
        Assert.Empty(LoaderRules.Violations(result));
    }

    [Theory]
    [InlineData(UnmatchedRows.Keep)]
    [InlineData(UnmatchedRows.Zero)]
    [InlineData(UnmatchedRows.Mean)]
    public void Run_RowsOfADonorWithOtherTokens_AreMatchedByToken(UnmatchedRows unmatched)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        var tokens = model.Vocabularies!.Target!;
        Run(model, new GraftOptions { KeptTokens = [.. tokens.Where((_, id) => id % 3 == 0)] });
        ModelVariant.WriteNoisy(folder.File("x.pt"), folder.File("donor.pt"), seed: 5);
        using var donor = OpenNmtCheckpoint.Open(folder.File("donor.pt"));
        var report = Run(model, new GraftOptions { SourceEmbedding = donor, TargetEmbedding = donor, Generator = donor, Unmatched = unmatched });
        using var result = Open();
        var (own, rows, bias) = (model.Require(OpenNmtNames.TargetEmbedding), donor.Require(OpenNmtNames.TargetEmbedding), donor.Require(OpenNmtNames.GeneratorBias).ToSingles());
        var (donorTokens, width) = (donor.Vocabularies!.Target!.ToList(), (int)own.Shape[1]);
        var (mean, meanBias) = (Mean(rows.ToSingles(), width), Mean(bias, 1));
        var (table, biases) = (result.Require(OpenNmtNames.TargetEmbedding).ToSingles(), result.Require(OpenNmtNames.GeneratorBias).ToSingles());
        for (var id = 0; id < tokens.Count; id++)
        {
            var match = donorTokens.IndexOf(tokens[id]);
            float[] expected = match >= 0 ? Row(rows, match) : unmatched == UnmatchedRows.Keep ? Row(own, id) : unmatched == UnmatchedRows.Zero ? new float[width] : mean;
            Assert.Equal(expected, table[(id * width)..((id + 1) * width)]);
            Assert.Equal(match >= 0 ? bias[match] : unmatched == UnmatchedRows.Keep ? model.Require(OpenNmtNames.GeneratorBias).ToSingles()[id] : unmatched == UnmatchedRows.Zero ? 0 : meanBias[0], biases[id]);
        }

        Assert.Same(result.Require(OpenNmtNames.SourceEmbedding).Storage, result.Require(OpenNmtNames.TargetEmbedding).Storage);
        Assert.Equal(donorTokens.Count, report.Rows[0].Matched);
        Assert.Empty(LoaderRules.Violations(result));
    }

    [Theory]
    [InlineData("base")]
    [InlineData("separate-vocabularies")]
    [InlineData("shared-decoder-embeddings")]
    [InlineData("lm")]
    [InlineData("features-concat")]
    public void Run_KeptTokens_CutsRowsAndKeepsSpecials(string option)
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        var (source, target) = (model.Vocabularies!.Source!, model.Vocabularies.Target!);
        var report = Run(model, new GraftOptions { KeptTokens = [target[^1], target[10], "no such token", source[7]] });
        using var result = Open();
        Assert.Empty(LoaderRules.Violations(result));
        Assert.Empty(OpenNmtVerification.Check(result));
        Assert.Equal(["no such token"], report.UnknownTokens);
        Assert.Equal(["<unk>", "<blank>", "<s>", "</s>"], result.Vocabularies!.Target!.Take(4));
        Assert.True(result.Vocabularies.Target!.Count is 6 or 7);
        foreach (var (name, tokens, oldTokens) in ((string, IReadOnlyList<string>, IReadOnlyList<string>)[])[
            (OpenNmtNames.SourceEmbedding, result.Vocabularies.Source!, source), (OpenNmtNames.TargetEmbedding, result.Vocabularies.Target, target),
            (OpenNmtNames.GeneratorWeight, result.Vocabularies.Target, target), (OpenNmtNames.GeneratorBias, result.Vocabularies.Target, target)])
        {
            if (model.Find(name) is null)
                continue;
            for (var id = 0; id < tokens.Count; id++)
                Assert.Equal(Row(model.Require(name), oldTokens.ToList().IndexOf(tokens[id])), Row(result.Require(name), id));
        }
    }

    [Fact]
    public void Run_MuchThatDoesNotFit_NamesAllAndWritesNothing()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt"));
        using var gated = OpenNmtCheckpoint.Open(Repository.Golden("gated-gelu", "model.pt"));
        using var rotary = OpenNmtCheckpoint.Open(Repository.Golden("rotary", "model.pt"));
        var exception = Assert.Throws<WeightMismatchException>(() => Run(model, new GraftOptions
        {
            Encoder = gated,
            BaseLayers = [new LayerRange(ModelSide.Decoder, [5])],
            Layers = [new LayerGraft(new LayerRange(ModelSide.Encoder, [0, 7]), rotary, [0, 9, 1])],
        }));
        foreach (var expected in (string[])[
            "pos_ffn_activation_fn is GatedGelu, not Relu", "decoder:5 to keep: the base has 2", "3 layers for 2 places", "the donor has 2 encoder layers", "position scheme is Rotary", "place 7 leaves a gap"])
            Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Run_EncoderForALanguageModelOrAnOldForm_IsRefused()
    {
        using var languageModel = OpenNmtCheckpoint.Open(Repository.Golden("lm", "model.pt"));
        Assert.Throws<WeightMismatchException>(() => Run(languageModel, new GraftOptions { BaseLayers = [new LayerRange(ModelSide.Encoder, [0])] }));
        using var old = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        Assert.Contains("ToolkitForm.Version3", Assert.Throws<UnsupportedCheckpointException>(() => Run(old, new GraftOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OldFormAsDonorOfLayers_Works()
    {
        using var model = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        using var old = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        Run(model, new GraftOptions { Encoder = old, Layers = [new LayerGraft(new LayerRange(ModelSide.Decoder, [0, 1]), old, [0, 1])] });
        using var result = Open();
        Assert.Empty(LoaderRules.Violations(result));
        Assert.All(model.Tensors, tensor => Assert.Equal(tensor.View.ToSingles(), result.Require(tensor.Name).ToSingles()));
    }

    private static IEnumerable<ModelSide> Sides(OpenNmtCheckpoint model) =>
        model.Find(OpenNmtNames.SourceEmbedding) is null ? [ModelSide.Decoder] : [ModelSide.Encoder, ModelSide.Decoder];

    private static List<int> Layers(OpenNmtCheckpoint model, ModelSide side)
    {
        var config = OpenNmtConfig.Describe(model, []);
        return [.. Enumerable.Range(0, side == ModelSide.Encoder ? config.EncoderLayerCount : config.DecoderLayerCount)];
    }

    private static float[] Row(Checkpoints.Tensors.TensorView table, int row)
    {
        var numbers = new float[table.ElementCount / table.Shape[0]];
        table.ReadRow(row, numbers);
        return numbers;
    }

    private static float[] Mean(float[] numbers, int width) =>
        [.. Enumerable.Range(0, width).Select(column => (float)(Enumerable.Range(0, numbers.Length / width).Sum(row => (double)numbers[row * width + column]) / (numbers.Length / width)))];

    private GraftReport Run(OpenNmtCheckpoint model, GraftOptions options) =>
        ModelGraft.Run(model, CheckpointDestination.File(folder.File("x.pt")), options, cancellationToken: TestContext.Current.CancellationToken);

    private OpenNmtCheckpoint Open() => OpenNmtCheckpoint.Open(folder.File("x.pt"));

    private void AssertUnchanged(OpenNmtCheckpoint model)
    {
        CheckpointRelease.Run(model, CheckpointDestination.File(folder.File("expected.pt")), cancellationToken: TestContext.Current.CancellationToken);
        using var expected = Checkpoint.Open(folder.File("expected.pt"));
        using var actual = Checkpoint.Open(folder.File("x.pt"));
        TreeAssert.Equal(expected, actual);
    }
}
