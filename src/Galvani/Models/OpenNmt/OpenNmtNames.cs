using System.Globalization;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The names of OpenNMT-py's tensors: the only file that knows them. Names are those of its state dict; the generator's carry the prefix
/// <c>generator.</c>, as in its safetensors files.
/// </summary>
public static class OpenNmtNames
{
    /// <summary>The source's token embedding, [V, D].</summary>
    public const string SourceEmbedding = "encoder.embeddings.make_embedding.emb_luts.0.weight";

    /// <summary>The target's token embedding, [V, D]; a language model's only one.</summary>
    public const string TargetEmbedding = "decoder.embeddings.make_embedding.emb_luts.0.weight";

    /// <summary>The positional table of the source side, [positions, 1, D].</summary>
    public const string SourcePositions = "encoder.embeddings.make_embedding.pe.pe";

    /// <summary>The positional table of the target side, [positions, 1, D].</summary>
    public const string TargetPositions = "decoder.embeddings.make_embedding.pe.pe";

    /// <summary>The projection that merges word and features, [D, sum of widths].</summary>
    public const string FeatureProjection = "encoder.embeddings.make_embedding.mlp.0.weight";

    /// <summary>The bias of <see cref="FeatureProjection"/>, [D].</summary>
    public const string FeatureProjectionBias = "encoder.embeddings.make_embedding.mlp.0.bias";

    /// <summary>The output projection, [V, D].</summary>
    public const string GeneratorWeight = "generator.weight";

    /// <summary>The bias of the output projection, [V].</summary>
    public const string GeneratorBias = "generator.bias";

    /// <summary>The output projection of a copy model, [V, D].</summary>
    public const string CopyGeneratorWeight = "generator.linear.weight";

    /// <summary>The bias of <see cref="CopyGeneratorWeight"/>, [V].</summary>
    public const string CopyGeneratorBias = "generator.linear.bias";

    /// <summary>The prefix of the encoder's tensors.</summary>
    public const string Encoder = "encoder.";

    /// <summary>The prefix of the decoder's tensors.</summary>
    public const string Decoder = "decoder.";

    /// <summary>The prefix of the output projection's tensors.</summary>
    public const string Generator = "generator.";

    /// <summary>The prefix of the encoder's layers; a number follows.</summary>
    public const string EncoderLayers = "encoder.transformer.";

    /// <summary>The prefix of the decoder's layers; a number follows.</summary>
    public const string DecoderLayers = "decoder.transformer_layers.";

    /// <summary>The right factor of a low-rank adaptation, A: [rank, in]; of an embedding [rank, V].</summary>
    public const string LowRankRight = "lora_A";

    /// <summary>The left factor of a low-rank adaptation, B: [out, rank]; of an embedding [D, rank].</summary>
    public const string LowRankLeft = "lora_B";

    /// <summary>The middle of every embedding tensor's name.</summary>
    public const string Embeddings = ".embeddings.make_embedding.";

    /// <summary>The end of a positional table's name.</summary>
    public const string PositionsSuffix = ".pe.pe";

    /// <summary>The gate of a copy model's output, [1, D].</summary>
    public const string CopyGate = "generator.linear_copy";

    /// <summary>The output projection of a copy model, without <c>.weight</c> or <c>.bias</c>.</summary>
    internal const string CopyGenerator = "generator.linear";

    /// <summary>The norm after the encoder's last layer.</summary>
    internal const string EncoderNorm = "encoder.layer_norm";

    /// <summary>The norm after the decoder's last layer.</summary>
    internal const string DecoderNorm = "decoder.layer_norm";

    /// <summary>In a layer: its self-attention.</summary>
    internal const string SelfAttention = "self_attn.";

    /// <summary>In a decoder layer: its cross-attention.</summary>
    internal const string CrossAttention = "context_attn.";

    /// <summary>In an attention: the projection of queries.</summary>
    internal const string Query = "linear_query";

    /// <summary>In an attention: the projection of keys.</summary>
    internal const string Key = "linear_keys";

    /// <summary>In an attention: the projection of values.</summary>
    internal const string Value = "linear_values";

    /// <summary>In an attention: the projection of the heads' context.</summary>
    internal const string AttentionOutput = "final_linear";

    /// <summary>In an attention: Shaw's vectors of distances.</summary>
    internal const string DistanceVectors = "relative_positions_embeddings.weight";

    /// <summary>In an attention: the biases of distance buckets.</summary>
    internal const string BucketBiases = "relative_attention_bias.weight";

    /// <summary>In an average attention: its gates.</summary>
    internal const string AverageGates = "gating_layer";

    /// <summary>In an average attention: its feed-forward block.</summary>
    internal const string AverageTransform = "average_layer.";

    /// <summary>In a layer: its feed-forward block, or its mixture of experts.</summary>
    internal const string FeedForward = "feed_forward.";

    /// <summary>In a feed-forward block: the first projection.</summary>
    internal const string Inner = "w_1";

    /// <summary>In a feed-forward block: the second projection.</summary>
    internal const string Outer = "w_2";

    /// <summary>In a feed-forward block: the gate's projection.</summary>
    internal const string InnerGate = "w_3";

    /// <summary>In a feed-forward block, and in an encoder layer before attention: the norm.</summary>
    internal const string Norm = "layer_norm";

    /// <summary>In a decoder layer: the norm before self-attention.</summary>
    internal const string SelfAttentionNorm = "layer_norm_1";

    /// <summary>In a decoder layer: the norm before cross-attention.</summary>
    internal const string CrossAttentionNorm = "layer_norm_2";

    /// <summary>In a decoder layer: the norm of the parallel feed-forward branch.</summary>
    internal const string ParallelNorm = "layer_norm_res";

    /// <summary>In a mixture of experts: what chooses.</summary>
    internal const string ExpertGate = "gate.weight";

    /// <summary>The weight of a module.</summary>
    /// <param name="module">The module's name.</param>
    internal static string Weight(string module) => module + ".weight";

    /// <summary>The bias of a module.</summary>
    /// <param name="module">The module's name.</param>
    internal static string Bias(string module) => module + ".bias";

    /// <summary>In a mixture of experts: the prefix of an expert's tensors.</summary>
    /// <param name="expert">0-based.</param>
    internal static string Expert(int expert) => string.Create(CultureInfo.InvariantCulture, $"experts.{expert}.");

    /// <summary>The prefix of an encoder layer's tensors.</summary>
    /// <param name="layer">0-based.</param>
    public static string EncoderLayer(int layer) => string.Create(CultureInfo.InvariantCulture, $"{EncoderLayers}{layer}.");

    /// <summary>The prefix of a decoder layer's tensors.</summary>
    /// <param name="layer">0-based.</param>
    public static string DecoderLayer(int layer) => string.Create(CultureInfo.InvariantCulture, $"{DecoderLayers}{layer}.");

    /// <summary>The embedding of a source feature.</summary>
    /// <param name="feature">1-based: 0 is the word itself.</param>
    public static string SourceFeature(int feature) => string.Create(CultureInfo.InvariantCulture, $"encoder.embeddings.make_embedding.emb_luts.{feature}.weight");

    /// <summary>Whether a name is an embedding of words or features.</summary>
    /// <param name="name">A tensor's name.</param>
    public static bool IsEmbedding(string name) => name.Contains(".emb_luts.", StringComparison.Ordinal);

    /// <summary>Whether a name is a positional table.</summary>
    /// <param name="name">A tensor's name.</param>
    public static bool IsPositionalTable(string name) => name.EndsWith(PositionsSuffix, StringComparison.Ordinal);

    /// <summary>Whether a name is a buffer of old files that nothing needs: the future mask every decoder layer stored up to 0.7.</summary>
    /// <param name="name">A tensor's name.</param>
    public static bool IsIgnoredBuffer(string name) =>
        name.StartsWith(DecoderLayers, StringComparison.Ordinal) && name.EndsWith(".mask", StringComparison.Ordinal);

    /// <summary>
    /// Whether a name is the first bias of a feed-forward block, which tells that they have biases. That of an average-attention layer's own block, which always
    /// has them, tells nothing.
    /// </summary>
    /// <param name="name">A tensor's name.</param>
    public static bool IsFeedForwardBias(string name) =>
        name.EndsWith("w_1.bias", StringComparison.Ordinal) && !name.Contains(".average_layer.", StringComparison.Ordinal);

    /// <summary>Whether a name belongs to a low-rank adaptation (LoRA) that must be merged first.</summary>
    /// <param name="name">A tensor's name.</param>
    public static bool IsLowRank(string name) => name.Contains("lora_", StringComparison.Ordinal);

    /// <summary>The matrix that a factor of a low-rank adaptation belongs to.</summary>
    /// <param name="name">A tensor's name, such as <c>encoder.transformer.0.self_attn.linear_query.lora_A</c>.</param>
    /// <param name="matrix">The name of the matrix, which ends in <c>weight</c>.</param>
    /// <param name="factor">The other part: <c>lora_A</c> or <c>lora_B</c>.</param>
    /// <returns>False where the name is no factor's.</returns>
    public static bool TryParseLowRank(string name, out string matrix, out string factor)
    {
        (matrix, factor) = ("", "");
        var dot = name.LastIndexOf('.');
        if (dot < 0 || name[(dot + 1)..] is not (LowRankRight or LowRankLeft))
            return false;
        (matrix, factor) = (name[..(dot + 1)] + "weight", name[(dot + 1)..]);
        return true;
    }

    /// <summary>The layer number behind a prefix such as <see cref="EncoderLayers"/>, and what follows it.</summary>
    /// <param name="name">A tensor's name.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="layer">The number.</param>
    /// <param name="rest">What follows the number and its dot.</param>
    /// <returns>False where the name does not begin so.</returns>
    public static bool TryParseLayer(string name, string prefix, out int layer, out string rest)
    {
        (layer, rest) = (0, "");
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        var dot = name.IndexOf('.', prefix.Length);
        if (dot < 0 || !int.TryParse(name.AsSpan(prefix.Length, dot - prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out layer))
            return false;
        rest = name[(dot + 1)..];
        return true;
    }

    /// <summary>The present name of a tensor of an old file: <c>a_2</c> and <c>b_2</c> of norms, <c>0.weight</c> of generators.</summary>
    /// <param name="name">The name in the file.</param>
    public static string Repair(string name)
    {
        if (name is "generator.0.weight" or "generator.0.bias")
            return "generator." + name["generator.0.".Length..];
        if (!name.Contains("layer_norm", StringComparison.Ordinal))
            return name;
        if (name.EndsWith(".a_2", StringComparison.Ordinal))
            return name[..^"a_2".Length] + "weight";
        return name.EndsWith(".b_2", StringComparison.Ordinal) ? name[..^"b_2".Length] + "bias" : name;
    }
}
