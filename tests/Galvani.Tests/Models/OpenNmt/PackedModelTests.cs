using System.Text.Json;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tests;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Generation;
using Galvani.Kernels;
using Galvani.Models.OpenNmt;
using Galvani.Models.Weights;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Models as <c>.galvani</c> files: the same output to the last bit as from the checkpoint, in every format and for every option of the toolkit.</summary>
public sealed class PackedModelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, ComputeType> Models
    {
        get
        {
            var data = new TheoryData<string, ComputeType>();
            foreach (var option in Repository.GoldenOptions)
            {
                foreach (var type in (ComputeType[])[ComputeType.Float32, ComputeType.Int8, ComputeType.Int8Exact])
                    data.Add(option, type);
            }

            return data;
        }
    }

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void TranslateAll_PackedModel_GivesTheBitsOfTheCheckpoint(string option, ComputeType type)
    {
        var checkpoint = Repository.Golden(option, "model.pt");
        Convert(checkpoint, FormatOf(type));
        using var expected = NmtModel.Open(checkpoint, new NmtModelOptions { Compute = type });
        using var actual = NmtModel.Open(folder.File("x.galvani"));
        Assert.Equal(Translate(expected, option), Translate(actual, option));
        Assert.All(Projections.Of(actual.Decoder.Weights), projection => Assert.True(projection.IsStored && (projection.IsPacked || actual.Config.ExpertCount > 0)));
        var (encoder, _) = TransformerBinding.Bind(actual.Checkpoint, actual.Config, FormatOf(type));
        Assert.All(encoder is null ? [] : Projections.Of(encoder), projection => Assert.True(projection.IsStored));
    }

    [Theory]
    [InlineData(ComputeType.Float32)]
    [InlineData(ComputeType.Int8)]
    [InlineData(ComputeType.Int8Exact)]
    public void TranslateAll_PackedSample_GivesTheBitsOfTheCheckpoint(ComputeType type)
    {
        Convert(Repository.Sample("model.pt"), FormatOf(type));
        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        using var expected = NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { Compute = type });
        using var actual = NmtModel.Open(folder.File("x.galvani"), new NmtModelOptions { Compute = type });
        var lines = File.ReadLines(Repository.Sample("test.ru")).Take(20).ToList();
        Assert.Equal(TranslateText(expected, lines), TranslateText(actual, lines));
    }

    [Fact]
    public void TranslateAll_PackedBeforePairsSharedTheirBound_IsComputedAsItWas()
    {
        using var model = NmtModel.Open(Repository.Golden("packed", "base-int8.galvani"));
        var requests = File.ReadLines(Repository.Golden("base", "source.txt")).Select((line, index) => new TranslationRequest(model.TakePieces(line), index + 1)).ToList();
        var expected = File.ReadLines(Repository.Golden("packed", "base-int8.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);
        foreach (var (translation, recorded) in new Translator(model).TranslateAll(requests, TestContext.Current.CancellationToken).Zip(expected))
        {
            Assert.Equal(recorded.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), translation.Hypotheses[0].Ids);
            Assert.Equal(recorded.GetProperty("score").GetSingle(), translation.Hypotheses[0].Score, 1e-4);
        }

        Assert.Empty(OpenNmtVerification.Check(model.Checkpoint));
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void Run_ThereAndBackInSinglePrecision_IsTheSameTree(string option)
    {
        using var before = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        Convert(Repository.Golden(option, "model.pt"), ProductFormat.Single);
        using var packed = OpenNmtCheckpoint.Open(folder.File("x.galvani"));
        CheckpointConversion.Run(packed, CheckpointDestination.File(folder.File("back.pt")), cancellationToken: TestContext.Current.CancellationToken);
        using var back = Checkpoint.Open(folder.File("back.pt"));
        TreeAssert.Equal(packed.Checkpoint, back);
        Assert.All(before.Tensors.Zip(packed.Tensors), pair => Assert.Equal((pair.First with { View = pair.Second.View }, Bits(pair.First.View)), (pair.Second, Bits(pair.Second.View)), Comparer));
        Assert.Empty(OpenNmtVerification.Check(packed));
    }

    [Fact]
    public void Run_FromAPackedModelInSinglePrecision_IsTheFileOfTheCheckpoint()
    {
        Convert(Repository.Sample("model.pt"), ProductFormat.Int8);
        var expected = File.ReadAllBytes(folder.File("x.galvani"));
        Convert(Repository.Sample("model.pt"), ProductFormat.Single);
        File.Move(folder.File("x.galvani"), folder.File("single.galvani"));
        Convert(folder.File("single.galvani"), ProductFormat.Int8);
        Assert.Equal(expected, File.ReadAllBytes(folder.File("x.galvani")));
    }

    [Fact]
    public void Run_TrainingCheckpoint_LeavesTheOptimizerOutAndSaysSo()
    {
        var report = Convert(Repository.Golden("opennmt-v2", "model.pt"), ProductFormat.Int8);
        Assert.Contains(report.Changes, change => change.Contains("optimizer's state is left out", StringComparison.Ordinal));
        using var packed = OpenNmtCheckpoint.Open(folder.File("x.galvani"));
        Assert.False(packed.Optimizer.IsPresent);
    }

    [Fact]
    public void Run_Encoder_GivesItsStates()
    {
        using (var whole = OpenNmtCheckpoint.Open(Repository.Sample("model.pt")))
        {
            var content = PartExtraction.Build(whole, PartExtraction.TensorsOf(whole, "encoder"), "encoder", positionCount: null, name => name, out _);
            CheckpointFile.Write(CheckpointDestination.File(folder.File("encoder.pt")), content, cancellationToken: TestContext.Current.CancellationToken);
        }

        Convert(folder.File("encoder.pt"), ProductFormat.Int8);
        using var expected = NmtModel.Open(folder.File("encoder.pt"), new NmtModelOptions { Compute = ComputeType.Int8 });
        using var actual = NmtModel.Open(folder.File("x.galvani"));
        Assert.Equal(Encode(expected), Encode(actual));
        Assert.All(Projections.Of(TransformerBinding.BindEncoder(actual.Checkpoint, actual.Config, ProductFormat.Int8)), projection => Assert.True(projection.IsStored));
    }

    [Fact]
    public void Run_WhatCannotBePacked_IsRefused()
    {
        Convert(Repository.Sample("model.pt"), ProductFormat.Int8);
        File.Move(folder.File("x.galvani"), folder.File("int8.galvani"));
        Assert.Contains("convert the checkpoint itself", Assert.Throws<UnsupportedCheckpointException>(() => Convert(folder.File("int8.galvani"), ProductFormat.Int8)).Message, StringComparison.Ordinal);
        using (var whole = OpenNmtCheckpoint.Open(Repository.Sample("model.pt")))
        {
            var content = PartExtraction.Build(whole, PartExtraction.TensorsOf(whole, "embeddings"), "embeddings", positionCount: null, name => name, out _);
            CheckpointFile.Write(CheckpointDestination.File(folder.File("part.pt")), content, cancellationToken: TestContext.Current.CancellationToken);
            var options = new ConversionOptions { ElementType = DType.Float16 };
            Assert.Throws<ArgumentException>(() => CheckpointConversion.Run(whole, CheckpointDestination.File(folder.File("x.galvani")), options, cancellationToken: TestContext.Current.CancellationToken));
            options = new ConversionOptions { Packing = ProductFormat.Int8 };
            Assert.Throws<ArgumentException>(() => CheckpointConversion.Run(whole, CheckpointDestination.File(folder.File("x.pt")), options, cancellationToken: TestContext.Current.CancellationToken));
        }

        Assert.Contains("the part embeddings", Assert.Throws<UnsupportedCheckpointException>(() => Convert(folder.File("part.pt"), ProductFormat.Single)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("x.galvani")));
    }

    [Theory]
    [InlineData(ComputeType.Float32)]
    [InlineData(ComputeType.Int8Exact)]
    public void Open_AnotherComputeTypeThanTheFileHolds_SaysWhatToDo(ComputeType type)
    {
        Convert(Repository.Sample("model.pt"), ProductFormat.Int8);
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => NmtModel.Open(folder.File("x.galvani"), new NmtModelOptions { Compute = type }));
        Assert.Contains("packed for int8", exception.Message, StringComparison.Ordinal);
        Assert.Contains("convert the checkpoint again", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ProjectionThatIsNotPacked_IsNamed()
    {
        using (var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("base", "model.pt")))
        {
            var plan = PackedModel.Plan(checkpoint, checkpoint.Checkpoint.Root, ProductFormat.Int8, []);
            Galvani.Checkpoints.Packing.PackedFile.Write(
                CheckpointDestination.File(folder.File("x.galvani")), plan with { Stacks = [.. plan.Stacks.Skip(1)] }, cancellationToken: TestContext.Current.CancellationToken);
        }

        using var model = NmtModel.Open(folder.File("x.galvani"));
        var exception = Assert.Throws<Galvani.Models.WeightMismatchException>(() => model.Encoder);
        Assert.Contains("encoder.transformer.0.self_attn.linear_query.weight + encoder.transformer.0.self_attn.linear_keys.weight", exception.Message, StringComparison.Ordinal);
    }

    private static readonly IEqualityComparer<(OpenNmtTensor Tensor, string Bits)> Comparer = EqualityComparer<(OpenNmtTensor, string)>.Default;

    private static string Bits(TensorView view) => System.Convert.ToHexString(System.Security.Cryptography.SHA256.HashData([.. view.ToSingles().SelectMany(BitConverter.GetBytes)]));

    private static ProductFormat FormatOf(ComputeType type) => type switch
    {
        ComputeType.Float32 => ProductFormat.Single,
        ComputeType.Int8 => ProductFormat.Int8,
        _ => ProductFormat.Int8Exact,
    };

    private static List<(string Ids, double Score)> Translate(NmtModel model, string option)
    {
        var hasFeatures = File.Exists(Repository.Golden(option, "source.feats.txt"));
        var requests = File.ReadAllLines(Repository.Golden(option, hasFeatures ? "source.feats.txt" : "source.txt")).Select((line, index) => new TranslationRequest(model.TakePieces(line), index + 1)).ToList();
        var options = new TranslationOptions { Search = new SearchOptions { BeamWidth = 3, MaximumLength = 20 } };
        var translations = new Translator(model, options).TranslateAll(requests, TestContext.Current.CancellationToken);
        return [.. translations.SelectMany(translation => translation.Hypotheses).Select(hypothesis => (string.Join(' ', hypothesis.Ids), hypothesis.Score))];
    }

    private static List<(string Text, double Score)> TranslateText(NmtModel model, IReadOnlyList<string> lines)
    {
        var requests = lines.Select((line, index) => new TranslationRequest(model.Tokenize(line), index + 1)).ToList();
        return [.. new Translator(model, new TranslationOptions()).TranslateAll(requests, TestContext.Current.CancellationToken).SelectMany(translation => translation.Hypotheses).Select(hypothesis => (hypothesis.Text, hypothesis.Score))];
    }

    private static float[] Encode(NmtModel model)
    {
        var batch = model.Encoder.Encode([new Galvani.Models.Sentence([5, 17, 300, 42])], new Galvani.Models.Workspace(), observer: null);
        return batch.States.ToArray();
    }

    private ConversionReport Convert(string source, ProductFormat format)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(source);
        return CheckpointConversion.Run(checkpoint, CheckpointDestination.File(folder.File("x.galvani")), new ConversionOptions { Packing = format }, cancellationToken: TestContext.Current.CancellationToken);
    }
}
