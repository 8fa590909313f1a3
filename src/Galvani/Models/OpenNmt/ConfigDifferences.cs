using System.Globalization;

namespace Galvani.Models.OpenNmt;

/// <summary>What makes two models unlike: their tensors would not mean the same even where shapes fit.</summary>
internal static class ConfigDifferences
{
    private static readonly (string Option, Func<ModelConfig, object> Value)[] Layer =
    [
        ("hidden_size", config => config.ModelWidth), ("heads", config => config.HeadCount), ("num_kv", config => config.KeyValueHeadCount), ("transformer_ff", config => config.FeedForwardWidth),
        ("pos_ffn_activation_fn", config => config.Activation), ("layer_norm", config => config.Norm), ("norm_eps", config => config.NormEpsilon), ("position scheme", config => config.Positions),
        ("max_relative_positions", config => config.MaximumRelativePosition), ("relative_positions_buckets", config => config.RelativeBucketCount),
        ("rotary_interleave", config => config.RotaryInterleaved), ("rotary_theta", config => config.RotaryBase), ("rotary_dim", config => config.RotaryWidth),
        ("add_qkvbias", config => config.HasAttentionBias), ("add_ffnbias", config => config.HasFeedForwardBias), ("parallel_residual", config => config.IsParallelResidual),
        ("shared_layer_norm", config => config.SharesLayerNorm),
    ];

    private static readonly (string Option, Func<ModelConfig, object> Value)[] DecoderLayer =
    [
        ("num_experts", config => config.ExpertCount), ("num_experts_per_tok", config => config.ExpertsPerToken), ("sliding_window", config => config.SlidingWindow),
        ("self_attn_type average", config => config.IsAverageAttention), ("aan_useffn", config => config.AverageAttentionHasFeedForward), ("copy_attn", config => config.IsCopyModel),
    ];

    private static readonly (string Option, Func<ModelConfig, object> Value)[] Whole =
    [
        ("model_task", config => config.Task), ("enc_layers", config => config.EncoderLayerCount), ("dec_layers", config => config.DecoderLayerCount),
        ("n_src_feats", config => config.FeatureCount), ("feat_merge", config => config.FeatureMerge),
    ];

    /// <summary>Differences that matter to a layer of a side; width, heads, positions and the like.</summary>
    public static IEnumerable<string> OfLayers(ModelConfig first, ModelConfig second, ModelSide side) =>
        Of(side == ModelSide.Decoder ? [.. Layer, .. DecoderLayer] : Layer, first, second);

    /// <summary>All differences.</summary>
    public static IEnumerable<string> OfModels(ModelConfig first, ModelConfig second) => Of([.. Whole, .. Layer, .. DecoderLayer], first, second);

    private static IEnumerable<string> Of(IEnumerable<(string Option, Func<ModelConfig, object> Value)> rows, ModelConfig first, ModelConfig second) =>
        from row in rows
        let pair = (First: row.Value(first), Second: row.Value(second))
        where !pair.First.Equals(pair.Second)
        select string.Create(CultureInfo.InvariantCulture, $"{row.Option} is {pair.Second}, not {pair.First}");
}
