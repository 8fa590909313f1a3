namespace Galvani.Models.Weights;

/// <summary>The weights of a decoder's running average (Zhang et al. 2018), in OpenNMT-py <c>self_attn</c> with <c>self_attn_type average</c>.</summary>
internal sealed record AverageAttentionWeights
{
    /// <summary>The input and forget gates: <c>gating_layer</c>, [2·D, 2·D], from input and average side by side.</summary>
    public required Linear Gates { get; init; }

    /// <summary>The block that the average goes through: <c>average_layer</c>, always with relu, biases and residual; null without <c>aan_useffn</c>.</summary>
    public FeedForwardWeights? Transform { get; init; }
}
