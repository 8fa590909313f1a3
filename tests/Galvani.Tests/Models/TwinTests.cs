using Galvani.Checkpoints;
using Galvani.Models;

namespace Galvani.Tests.Models;

/// <summary>
/// The forward pass against its double-precision twin: first the twin against OpenNMT-py in every golden option, then both in what no golden file has. Errors are relative to the largest value.
/// </summary>
public sealed class TwinTests
{
    // Seen at most 2.8E-006: the rounding of OpenNMT-py's own single precision.
    private const double GoldenTolerance = 1e-5;

    private static readonly Dictionary<string, Func<SyntheticModel>> Cases = new()
    {
        ["copy"] = () => new SyntheticModel("separate-vocabularies").WithCopyGenerator(),
        ["copy-with-shared-vocabulary"] = () => new SyntheticModel("base").WithCopyGenerator(),
        ["features-projection"] = () => new SyntheticModel("features-sum").Set("feat_merge", "mlp")
            .Add("encoder.embeddings.make_embedding.mlp.0.weight", 32, 96).Add("encoder.embeddings.make_embedding.mlp.0.bias", 32),
        ["average-with-feed-forward"] = () => AverageTransform(new SyntheticModel("average-attention")),
        ["average-with-feed-forward-and-biases"] = () => AverageTransform(new SyntheticModel("average-attention")).Set("add_ffnbias", true)
            .ForEachLayer(FeedForwardBiases).ForEachLayer(FeedForwardBiases, "encoder.transformer."),
        ["lm-shaw"] = () => new SyntheticModel("lm-alibi").Set("max_relative_positions", 3).ForEachLayer((model, layer) => model.Add(layer + "self_attn.relative_positions_embeddings.weight", 7, 8)),
        ["lm-t5"] = () => new SyntheticModel("lm-alibi").Set("max_relative_positions", 10).Set("relative_positions_buckets", 6)
            .ForEachLayer((model, layer) => model.Add(layer + "self_attn.relative_attention_bias.weight", 6, 4)),
        ["lm-average"] = () => new SyntheticModel("lm").Set("self_attn_type", "average").Remove(name => name.Contains("self_attn.", StringComparison.Ordinal))
            .ForEachLayer((model, layer) => model.Add(layer + "self_attn.gating_layer.weight", 64, 64).Add(layer + "self_attn.gating_layer.bias", 64)),
        ["lm-window"] = () => new SyntheticModel("lm-rotary").Set("sliding_window", 2),
        ["lm-experts"] = () => Experts(new SyntheticModel("lm")),
        ["lm-parallel-own-norm"] = () => new SyntheticModel("lm-multiquery-parallel").Set("shared_layer_norm", false).Set("layer_norm", "rms").Remove(IsNormBias)
            .ForEachLayer((model, layer) => model.Add(layer + "layer_norm_res.weight", 32)),
        ["parallel-experts"] = () => Experts(new SyntheticModel("parallel-residual")).Remove(name => name.Contains("experts", StringComparison.Ordinal) && name.Contains("layer_norm", StringComparison.Ordinal)),
        ["unbiased-norms"] = () => new SyntheticModel("base").Rename(name => !name.Contains("layer_norm", StringComparison.Ordinal) ? name
            : name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^"weight".Length] + "a_2" : name[..^"bias".Length] + "b_2"),
        ["shaw-with-two-kv-heads"] = () => new SyntheticModel("two-kv-heads").Set("position_encoding", false).Set("max_relative_positions", 2).Remove(name => name.EndsWith("pe.pe", StringComparison.Ordinal))
            .ForEachLayer(Vectors).ForEachLayer(Vectors, "encoder.transformer."),
        ["window-with-rotary"] = () => new SyntheticModel("rotary").Set("sliding_window", 1),
        ["average-gated"] = () => new SyntheticModel("average-attention").Set("pos_ffn_activation_fn", "gated-gelu")
            .ForEachLayer(Gate).ForEachLayer(Gate, "encoder.transformer."),
    };

    public static TheoryData<string> Options => [.. Repository.GoldenOptions];

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Options))]
    public void Twin_GoldenOption_EqualsOpenNmt(string option)
    {
        using var golden = new GoldenModel(option);
        var twin = new TwinModel(golden.Model.Checkpoint, golden.Model.Config);
        foreach (var line in (int[])[0, 5])
        {
            var encoded = golden.IsLanguageModel ? null : twin.Encode(golden.Sources[line]);
            if (encoded is not null)
                NumericAssert.CloseToLargest(golden.Expected(line, "encoded"), TwinComparison.Flat(encoded), GoldenTolerance, $"{option}, encoded");
            NumericAssert.CloseToLargest(golden.Expected(line, "log_probs"), TwinComparison.Flat(twin.LogProbabilities(encoded, golden.Targets[line])), GoldenTolerance, $"{option}, log-probabilities");
        }
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void ForwardPass_WhatNoGoldenFileHas_EqualsTheTwin(string name)
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(Cases[name]().Write(folder.Root));
        TwinComparison.Check(model, name);
    }

    [Fact]
    public void CopyIds_WordsTheTargetLacks_AreNumberedBehindIt()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(new SyntheticModel("separate-vocabularies").WithCopyGenerator().Write(folder.Root));
        var (known, v) = (model.TargetVocabulary!.Tokens[9], model.TargetVocabulary.Count);
        Assert.Equal([v, 9, v + 1, v], model.ToSentence(model.TakePieces($"▁neu {known} ▁alt ▁neu")).CopyIds);
        var decoder = NmtDecoder.ForTranslation(model.Decoder, model.Encoder.Encode([model.ToSentence(model.TakePieces("▁neu ▁alt"))], new Workspace(), observer: null), new Workspace());
        var logits = new float[decoder.VocabularyCount];
        decoder.Begin(logits);
        Assert.Equal(v + 2, logits.Length);
        Assert.Equal(1, logits.Sum(value => Math.Exp(value)), 1e-5);
        decoder.Advance([0], [v + 1], logits); // a copied word is fed as the unknown token
        Assert.Equal(1, logits.Sum(value => Math.Exp(value)), 1e-5);
    }

    [Fact]
    public void Bind_TensorsMissingMisshapenAndLeftOver_AreAllNamed()
    {
        using var folder = new TemporaryFolder();
        var path = new SyntheticModel("base").Remove(name => name == "encoder.layer_norm.bias").Add("decoder.layer_norm.weight", 31).Add("decoder.extra", 2).Write(folder.Root);
        using var model = NmtModel.Open(path);
        var message = Assert.Throws<WeightMismatchException>(() => model.Decoder).Message;
        Assert.Contains("encoder.layer_norm.bias is missing", message, StringComparison.Ordinal);
        Assert.Contains("decoder.layer_norm.weight has shape [31], expected [32]", message, StringComparison.Ordinal);
        Assert.Contains("decoder.extra [2] is not expected", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OptionsThatDoNotFitTogether_AreAllNamed()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(new SyntheticModel("rotary").Set("heads", 5).Set("num_kv", 9).Set("num_experts", 2).Set("num_experts_per_tok", 3).Set("rotary_dim", 7).Write(folder.Root));
        var message = Assert.Throws<UnsupportedCheckpointException>(() => model.Encoder).Message;
        foreach (var option in (string[])["heads 5", "num_kv 9", "num_experts_per_tok", "rotary_dim"])
            Assert.Contains(option, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoder_UsedAlone_PacksNoDecoder()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        _ = model.Encoder.Encode([new Sentence([5, 6])], new Workspace(), observer: null);
        Assert.False(model.Decoder.Weights.Generator.IsPacked);
        Assert.False(model.Decoder.Weights.Layers[0].SelfAttention!.QueryKeyValue.IsPacked);
    }

    private static SyntheticModel AverageTransform(SyntheticModel model) => model.Set("aan_useffn", true).ForEachLayer((target, layer) =>
    {
        var prefix = layer + "self_attn.average_layer.";
        target.Add(prefix + "w_1.weight", 32, 32).Add(prefix + "w_1.bias", 32).Add(prefix + "w_2.weight", 32, 32).Add(prefix + "w_2.bias", 32)
            .Add(prefix + "layer_norm.weight", 32).Add(prefix + "layer_norm.bias", 32);
    });

    private static SyntheticModel Experts(SyntheticModel model) => model.Set("num_experts", 3).Set("num_experts_per_tok", 2)
        .Remove(name => name.StartsWith("decoder", StringComparison.Ordinal) && name.Contains("feed_forward.", StringComparison.Ordinal))
        .ForEachLayer((target, layer) =>
        {
            target.Add(layer + "feed_forward.gate.weight", 3, 32);
            for (var expert = 0; expert < 3; expert++)
            {
                var prefix = $"{layer}feed_forward.experts.{expert}.";
                target.Add(prefix + "w_1.weight", 48, 32).Add(prefix + "w_2.weight", 32, 48).Add(prefix + "layer_norm.weight", 32).Add(prefix + "layer_norm.bias", 32);
            }
        });

    private static void FeedForwardBiases(SyntheticModel model, string layer) => model.Add(layer + "feed_forward.w_1.bias", 48).Add(layer + "feed_forward.w_2.bias", 32);

    private static void Gate(SyntheticModel model, string layer) => model.Add(layer + "feed_forward.w_3.weight", 48, 32);

    private static void Vectors(SyntheticModel model, string layer) => model.Add(layer + "self_attn.relative_positions_embeddings.weight", 5, 8);

    private static bool IsNormBias(string name) => name.Contains("layer_norm", StringComparison.Ordinal) && name.EndsWith(".bias", StringComparison.Ordinal);
}
