namespace Galvani.Tests.Models;

/// <summary>
/// A model of two layers whose options are drawn by a seed, among all that fit together: each with the tensors that OpenNMT-py would have stored for it. Vocabularies and embeddings are a golden
/// checkpoint's.
/// </summary>
internal sealed class CombinedModel
{
    private const int D = 32; // width
    private const int H = 4; // heads
    private const int K = D / H; // width of a head
    private const int F = 48; // feed-forward width
    private const int Distance = 3; // Shaw's clipping distance
    private const int Buckets = 6;
    private static readonly string[] Activations = ["relu", "gelu", "silu", "gated-gelu"];

    private readonly SyntheticModel model;
    private readonly Random random;
    private readonly List<string> chosen = [];
    private readonly Scheme scheme;
    private readonly bool isLanguageModel;
    private readonly bool isAverage;
    private readonly bool averageHasTransform;
    private readonly bool hasExperts;
    private readonly bool isParallel;
    private readonly bool sharesNorm;
    private readonly bool hasAttentionBias;
    private readonly bool hasFeedForwardBias;
    private readonly bool isRms;
    private readonly int keyValueHeads;
    private readonly string activation;

    public CombinedModel(int seed)
    {
        random = new Random(seed);
        isLanguageModel = Is("language model", oneIn: 3);
        var features = !isLanguageModel && Is("features", oneIn: 3) ? OneOf("concat", "sum", "mlp") : null;
        model = new SyntheticModel(isLanguageModel ? "lm" : features is null ? "base" : features == "concat" ? "features-concat" : "features-sum");
        if (features is not null)
            model.Set("feat_merge", features);
        if (features == "mlp")
            model.Add("encoder.embeddings.make_embedding.mlp.0.weight", D, 3 * D).Add("encoder.embeddings.make_embedding.mlp.0.bias", D);
        scheme = OneOf(Enum.GetValues<Scheme>());
        isAverage = Is("average", oneIn: 5);
        averageHasTransform = isAverage && Is("aan_useffn", oneIn: 2);
        hasExperts = Is("experts", oneIn: 5);
        isParallel = Is("parallel_residual", oneIn: 2);
        sharesNorm = isParallel && Is("shared_layer_norm", oneIn: 2);
        hasAttentionBias = Is("add_qkvbias", oneIn: 2);
        hasFeedForwardBias = Is("add_ffnbias", oneIn: 2);
        isRms = Is("rms", oneIn: 2);
        keyValueHeads = OneOf(0, 1, 2);
        activation = OneOf(Activations);
        HasWindow = Is("sliding_window", oneIn: 5);
        SetOptions();
        SetPositions();
        ReplaceLayers();
        if (!isLanguageModel && Is("copy_attn", oneIn: 5))
            model.WithCopyGenerator();
    }

    private enum Scheme
    {
        None,
        Table,
        RotaryHalves,
        RotaryPart,
        RotaryNeighbours,
        Alibi,
        Shaw,
        Buckets,
    }

    /// <summary>What was drawn.</summary>
    public string Description => string.Join(", ", chosen);

    /// <summary>Whether each token sees only the last few before it.</summary>
    public bool HasWindow { get; }

    /// <summary>Whether steps over a cache compute what the whole pass computes: not so with windows, and where positions or relative vectors of a language model's prompt count otherwise.</summary>
    public bool StepsAsItScores => !HasWindow && !(isLanguageModel && scheme is Scheme.Table or Scheme.RotaryHalves or Scheme.RotaryPart or Scheme.RotaryNeighbours or Scheme.Shaw);

    public string Write(string folder) => model.Write(folder);

    private void SetOptions() => model.Set("add_qkvbias", hasAttentionBias).Set("add_ffnbias", hasFeedForwardBias).Set("parallel_residual", isParallel).Set("shared_layer_norm", sharesNorm)
        .Set("layer_norm", isRms ? "rms" : "standard").Set("num_kv", keyValueHeads).Set("pos_ffn_activation_fn", activation).Set("sliding_window", HasWindow ? 2 : 0)
        .Set("num_experts", hasExperts ? 3 : 0).Set("num_experts_per_tok", 2).Set("self_attn_type", isAverage ? "average" : "scaled-dot").Set("aan_useffn", averageHasTransform);

    private void SetPositions()
    {
        model.Set("position_encoding", scheme == Scheme.Table).Set("relative_positions_buckets", scheme == Scheme.Buckets ? Buckets : 0)
            .Set("rotary_interleave", scheme == Scheme.RotaryNeighbours).Set("rotary_dim", scheme == Scheme.RotaryPart ? K / 2 : 0)
            .Set("max_relative_positions", scheme switch
            {
                Scheme.RotaryHalves or Scheme.RotaryPart or Scheme.RotaryNeighbours => -1,
                Scheme.Alibi => -2,
                Scheme.Shaw => Distance,
                Scheme.Buckets => 10,
                _ => 0,
            });
        if (scheme != Scheme.Table)
            model.Remove(name => name.EndsWith("pe.pe", StringComparison.Ordinal));
    }

    private void ReplaceLayers()
    {
        model.Remove(name => name.Contains("transformer", StringComparison.Ordinal) || isRms && name.EndsWith("layer_norm.bias", StringComparison.Ordinal));
        if (!isLanguageModel)
            model.ForEachLayer((_, layer) => AddEncoderLayer(layer), "encoder.transformer.");
        model.ForEachLayer((_, layer) => AddDecoderLayer(layer));
    }

    private void AddEncoderLayer(string layer)
    {
        AddNorm(layer + "layer_norm");
        AddSelfAttention(layer + "self_attn.");
        AddFeedForward(layer + "feed_forward.");
    }

    private void AddDecoderLayer(string layer)
    {
        AddNorm(layer + "layer_norm_1");
        if (isAverage)
            AddAverage(layer + "self_attn.");
        else
            AddSelfAttention(layer + "self_attn.");
        if (!isLanguageModel)
        {
            AddNorm(layer + "layer_norm_2");
            AddAttention(layer + "context_attn.");
        }

        if (isParallel && !sharesNorm)
            AddNorm(layer + "layer_norm_res");
        if (!hasExperts)
        {
            AddFeedForward(layer + "feed_forward.");
            return;
        }

        model.Add(layer + "feed_forward.gate.weight", 3, D);
        for (var expert = 0; expert < 3; expert++)
            AddFeedForward($"{layer}feed_forward.experts.{expert}.");
    }

    private void AddSelfAttention(string prefix)
    {
        AddAttention(prefix);
        if (scheme == Scheme.Shaw)
            model.Add(prefix + "relative_positions_embeddings.weight", 2 * Distance + 1, K);
        if (scheme == Scheme.Buckets)
            model.Add(prefix + "relative_attention_bias.weight", Buckets, H);
    }

    private void AddAttention(string prefix)
    {
        var keyWidth = (keyValueHeads == 0 ? H : keyValueHeads) * K;
        AddLinear(prefix + "linear_query", D, D, hasAttentionBias);
        AddLinear(prefix + "linear_keys", keyWidth, D, hasAttentionBias);
        AddLinear(prefix + "linear_values", keyWidth, D, hasAttentionBias);
        AddLinear(prefix + "final_linear", D, D, hasAttentionBias);
    }

    private void AddAverage(string prefix)
    {
        AddLinear(prefix + "gating_layer", 2 * D, 2 * D, hasBias: true);
        if (!averageHasTransform)
            return;
        AddLinear(prefix + "average_layer.w_1", D, D, hasBias: true);
        AddLinear(prefix + "average_layer.w_2", D, D, hasBias: true);
        model.Add(prefix + "average_layer.layer_norm.weight", D).Add(prefix + "average_layer.layer_norm.bias", D);
    }

    private void AddFeedForward(string prefix)
    {
        AddLinear(prefix + "w_1", F, D, hasFeedForwardBias);
        AddLinear(prefix + "w_2", D, F, hasFeedForwardBias);
        if (activation is "silu" or "gated-gelu")
            AddLinear(prefix + "w_3", F, D, hasFeedForwardBias);
        if (!isParallel)
            AddNorm(prefix + "layer_norm");
    }

    private void AddNorm(string name)
    {
        model.Add(name + ".weight", D);
        if (!isRms)
            model.Add(name + ".bias", D);
    }

    private void AddLinear(string name, int outputs, int inputs, bool hasBias)
    {
        model.Add(name + ".weight", outputs, inputs);
        if (hasBias)
            model.Add(name + ".bias", outputs);
    }

    private bool Is(string name, int oneIn)
    {
        var isDrawn = random.Next(oneIn) == 0;
        if (isDrawn)
            chosen.Add(name);
        return isDrawn;
    }

    private T OneOf<T>(params T[] values)
    {
        var drawn = values[random.Next(values.Length)];
        chosen.Add($"{drawn}");
        return drawn;
    }
}
