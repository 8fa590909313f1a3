using Galvani.Checkpoints;
using Galvani.Models;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>The repairs of old files: each does what it says and is named.</summary>
public sealed class OptionRepairsTests
{
    [Fact]
    public void Apply_OldNormNames_AreUnbiased() => Open(Transformer().Tensor("encoder.layer_norm.a_2", 4).Tensor("encoder.layer_norm.b_2", 4), checkpoint =>
    {
        Assert.NotNull(checkpoint.Find("encoder.layer_norm.weight"));
        Assert.NotNull(checkpoint.Find("encoder.layer_norm.bias"));
        Assert.Equal(NormKind.Unbiased, OpenNmtConfig.Create(checkpoint).Norm);
        AssertNamed(checkpoint, "a_2 and b_2");
    });

    [Fact]
    public void Apply_MaskBuffers_AreLeftOutAndCounted() => Open(
        Transformer().Tensor("decoder.transformer_layers.0.mask", 1, 4, 4).Tensor("decoder.transformer_layers.1.mask", 1, 4, 4).Tensor("decoder.layer_norm.weight", 4), checkpoint =>
        {
            Assert.Equal("decoder.layer_norm.weight", Assert.Single(checkpoint.Tensors).Name);
            AssertNamed(checkpoint, "2 mask buffers");
        });

    [Theory]
    [InlineData("encoder.transformer.0.feed_forward.w_1.bias", true)]
    [InlineData("decoder.transformer_layers.0.feed_forward.experts.0.w_1.bias", true)]
    [InlineData("decoder.transformer_layers.0.self_attn.average_layer.w_1.bias", false)]
    public void Apply_FeedForwardBiases_SetTheOption(string tensor, bool expected) =>
        Open(Transformer().Tensor(tensor, 4), checkpoint => Assert.Equal(expected, checkpoint.Options.Flag("add_ffnbias")));

    [Fact]
    public void Apply_PartOfAVersion2FileWithoutFeedForward_HasItsBiasesAllTheSame() => Open(new OpenNmtBuilder().Option("rnn_size", 4), checkpoint =>
    {
        Assert.True(checkpoint.Options.Flag("add_ffnbias"));
        AssertNamed(checkpoint, "OpenNMT-py 2 always has biases in feed-forward layers");
    });

    [Fact]
    public void Apply_RotaryWithoutItsOption_IsInterleavedAndNamed() => Open(Transformer().Option("max_relative_positions", -1), checkpoint =>
    {
        Assert.True(OpenNmtConfig.Create(checkpoint).RotaryInterleaved);
        AssertNamed(checkpoint, "rotary_interleave is not recorded");
        AssertNamed(checkpoint, "RotaryPairs.Halves");
    });

    [Theory]
    [InlineData(RotaryPairs.Recorded, true)]
    [InlineData(RotaryPairs.Interleaved, true)]
    [InlineData(RotaryPairs.Halves, false)]
    public void Open_RotaryPairs_OverrideTheRepair(RotaryPairs pairs, bool expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), Transformer(Vocabulary).Option("max_relative_positions", -1).Build());
        using var model = NmtModel.Open(folder.File("model.pt"), new NmtModelOptions { RotaryPairs = pairs });
        Assert.Equal(expected, model.Config.RotaryInterleaved);
    }

    [Fact]
    public void Apply_CommonOptions_OverrideTheOthers() => Open(Transformer().Option("word_vec_size", 8).Option("src_word_vec_size", 16), checkpoint =>
    {
        Assert.Equal(8, checkpoint.Options.Integer("src_word_vec_size"));
        AssertNamed(checkpoint, "word_vec_size 8 overrides src_word_vec_size");
    });

    [Fact]
    public void Apply_NoneOptions_TakeWhatTheLoaderTakes() => Open(
        Transformer().Option("alignment_layer", pickle => pickle.Op('N')).Option("lambda_align", 1).Option("copy_attn_type", pickle => pickle.Op('N')).Option("global_attention", "mlp").Option("multiquery", 1),
        checkpoint =>
        {
            Assert.Equal(-2, checkpoint.Options.Integer("alignment_layer"));
            Assert.Equal(0, checkpoint.Options.Number("lambda_align", fallback: 1));
            Assert.Equal("mlp", checkpoint.Options.Text("copy_attn_type"));
            Assert.Equal(1, checkpoint.Options.Integer("num_kv"));
        });

    [Fact]
    public void Create_PositionsTwice_AreRefusedByName() => Open(Transformer().Option("position_encoding", 1).Option("max_relative_positions", 20), checkpoint =>
        Assert.Contains("position_encoding together with max_relative_positions 20", Assert.Throws<UnsupportedCheckpointException>(() => OpenNmtConfig.Create(checkpoint)).Message, StringComparison.Ordinal));

    [Fact]
    public void Open_ModelWithUnknownGlobal_IsRefusedByName()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), Transformer(Vocabulary).Option("odd", pickle => pickle.Global("some.code", "Thing").Op(")R")).Build());
        Assert.Contains("some.code.Thing", Assert.Throws<UnsupportedCheckpointException>(() => NmtModel.Open(folder.File("model.pt"))).Message, StringComparison.Ordinal);
        using var inspected = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        Assert.NotNull(inspected.Checkpoint.Find("/opt/odd"));
    }

    private static void Vocabulary(RawPickle pickle)
    {
        pickle.Op('}').Text("src");
        OpenNmtBuilder.Texts(pickle, "<unk>", "a");
        pickle.Op('s').Text("tgt");
        OpenNmtBuilder.Texts(pickle, "<unk>", "a");
        pickle.Op('s');
    }

    private static OpenNmtBuilder Transformer(Action<RawPickle>? vocabulary = null) => new OpenNmtBuilder { Vocabulary = vocabulary }
        .Option("encoder_type", "transformer").Option("decoder_type", "transformer").Option("layers", 2).Option("hidden_size", 4).Option("heads", 2);

    private static void Open(OpenNmtBuilder builder, Action<OpenNmtCheckpoint> look)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.pt"), builder.Build());
        using var checkpoint = OpenNmtCheckpoint.Open(folder.File("model.pt"));
        look(checkpoint);
    }

    private static void AssertNamed(OpenNmtCheckpoint checkpoint, string text) => Assert.Contains(checkpoint.Options.Repairs, repair => repair.Contains(text, StringComparison.Ordinal));
}
