using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Options as they count: read, defaulted or repaired, each marked as what it is.</summary>
public sealed class OpenNmtOptionsTests
{
    [Theory]
    [InlineData("heads", "8")]
    [InlineData("transformer_ff", "2048")]
    [InlineData("layer_norm", "standard")]
    [InlineData("pos_ffn_activation_fn", "relu")]
    [InlineData("position_encoding", "False")]
    [InlineData("max_relative_positions", "0")]
    [InlineData("num_experts_per_tok", "2")]
    [InlineData("feat_merge", "concat")]
    public void Read_OptionThatIsMissing_HasTheToolkitsDefault(string name, string expected)
    {
        var option = Read(_ => { }).Find(name)!;
        Assert.Equal((expected, OptionOrigin.Default), (option.Text, option.Origin));
    }

    [Fact]
    public void Read_SizesOfVersion2_GetTheirPresentNames()
    {
        var options = Read(raw => raw.Text("rnn_size").Int(64).Text("enc_rnn_size").Int(64).Text("dec_rnn_size").Int(64));
        Assert.Equal((64, 64, 64), (options.Integer("hidden_size"), options.Integer("enc_hid_size"), options.Integer("dec_hid_size")));
        Assert.Equal(OptionOrigin.Repair, options.Find("hidden_size")!.Origin);
        Assert.True(options.Flag("add_qkvbias"));
        Assert.Contains(options.Repairs, repair => repair.Contains("rnn_size", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_CommonSizes_OverrideTheSides()
    {
        var options = Read(raw => raw.Text("hidden_size").Int(32).Text("enc_hid_size").Int(16).Text("layers").Int(3).Text("word_vec_size").Int(24));
        Assert.Equal((32, 32), (options.Integer("enc_hid_size"), options.Integer("dec_hid_size")));
        Assert.Equal((3, 3), (options.Integer("enc_layers"), options.Integer("dec_layers")));
        Assert.Equal((24, 24), (options.Integer("src_word_vec_size"), options.Integer("tgt_word_vec_size")));
    }

    [Fact]
    public void Read_Multiquery_MeansOneKeyAndValueHead() => Assert.Equal(1, Read(raw => raw.Text("multiquery").Bytes(0x88)).Integer("num_kv"));

    [Fact]
    public void Read_RotaryModelThatDoesNotSay_WasTrainedInterleaved()
    {
        var options = Read(raw => raw.Text("max_relative_positions").Int(-1));
        Assert.True(options.Flag("rotary_interleave"));
        Assert.NotEmpty(options.Repairs);
        Assert.False(Read(raw => raw.Text("max_relative_positions").Int(-1).Text("rotary_interleave").Bytes(0x89)).Flag("rotary_interleave"));
    }

    private static OpenNmtOptions Read(Action<RawPickle> write)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = OpenNmtCheckpoint.Open(SmallCheckpoint.Write(folder, ["<unk>"], write));
        return checkpoint.Options;
    }
}
