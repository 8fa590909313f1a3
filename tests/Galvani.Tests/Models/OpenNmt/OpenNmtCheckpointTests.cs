using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Options, repairs, configuration and vocabularies of real files.</summary>
public sealed class OpenNmtCheckpointTests
{
    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    [Theory]
    [MemberData(nameof(Options))]
    public void Create_EveryGoldenOption_HasTheSharedShape(string option)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        var config = OpenNmtConfig.Create(checkpoint);
        Assert.Equal(option == "separate-vocabularies" ? 1 : 2, config.DecoderLayerCount);
        Assert.Equal(option.StartsWith("lm", StringComparison.Ordinal) ? ModelTask.LanguageModel : ModelTask.SequenceToSequence, config.Task);
        Assert.Equal(checkpoint.Find(OpenNmtNames.TargetEmbedding)!.View.Shape[0], checkpoint.Vocabularies!.Target!.Count);
    }

    [Theory]
    [InlineData("rotary", PositionScheme.Rotary)]
    [InlineData("alibi", PositionScheme.Alibi)]
    [InlineData("relative-shaw", PositionScheme.Shaw)]
    [InlineData("relative-t5", PositionScheme.BucketBias)]
    [InlineData("no-positions", PositionScheme.None)]
    [InlineData("sinusoidal-concat", PositionScheme.SinusoidalConcat)]
    [InlineData("base", PositionScheme.SinusoidalInterleaved)]
    public void Create_PositionOptions_GiveTheScheme(string option, PositionScheme expected)
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden(option, "model.pt"));
        Assert.Equal(expected, OpenNmtConfig.Create(checkpoint).Positions);
    }

    [Fact]
    public void Open_Version2AndItsConversion_AgreeInConfigurationAndVocabulary()
    {
        using var old = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "model.pt"));
        using var converted = OpenNmtCheckpoint.Open(Repository.Golden("opennmt-v2", "converted-to-v3.pt"));
        Assert.Equal(OpenNmtConfig.Describe(converted, []), OpenNmtConfig.Describe(old, []));
        Assert.Equal(converted.Vocabularies!.Source, old.Vocabularies!.Source);
        Assert.Equal(converted.Vocabularies.Target, old.Vocabularies.Target);
        Assert.Equal(converted.Tensors.Select(tensor => tensor.Name), old.Tensors.Select(tensor => tensor.Name));
        Assert.All(converted.Tensors, tensor => Assert.Equal(tensor.View.ToSingles(), old.Require(tensor.Name).ToSingles()));
        Assert.Contains(old.Options.Repairs, repair => repair.Contains("rnn_size", StringComparison.Ordinal));
        Assert.Empty(old.Checkpoint.Findings);
        Assert.True(old.Optimizer.IsPresent);
    }

    [Fact]
    public void Open_SampleModel_RecordsItsTokenizer()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        Assert.Equal(["sentencepiece"], checkpoint.Tokenization.Transforms());
        Assert.Equal("sentencepiece.model", checkpoint.Tokenization.SourceModelName);
        Assert.Equal(Repository.Sample("sentencepiece.model"), checkpoint.Tokenization.FindSourceModel(out _));
        Assert.True(checkpoint.Vocabularies!.IsShared);
        Assert.False(checkpoint.Optimizer.IsPresent);
        Assert.Equal(OptionOrigin.File, checkpoint.Options.Find("transformer_ff")!.Origin);
    }

    [Fact]
    public void Open_PlainStateDict_TakesDefaultsAndSaysSo()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Golden("containers", "state-dict.pt"));
        Assert.False(checkpoint.IsOpenNmt);
        Assert.All(checkpoint.Options.All, option => Assert.NotEqual(OptionOrigin.File, option.Origin));
        Assert.Equal(4, checkpoint.Tensors.Count);
    }

    [Fact]
    public void Of_SampleModel_CountsSharedParametersOnce()
    {
        using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
        var parts = ModelParts.Of(checkpoint);
        Assert.Equal(8008 * 256, parts.Single(part => part.Name == "source embedding").ParameterCount);
        Assert.Equal(0, parts.Single(part => part.Name == "target embedding").ParameterCount);
        Assert.Equal("source embedding", parts.Single(part => part.Name == "target embedding").SharedWith);
        Assert.Equal(6_5, parts.Sum(part => part.ParameterCount) / 100_000);
    }
}
