namespace Galvani.Models.Weights;

/// <summary>The weights of a multi-head attention (Vaswani et al. 2017, 3.2.2), in OpenNMT-py <c>self_attn</c> or <c>context_attn</c>.</summary>
internal sealed record AttentionWeights
{
    /// <summary>Queries: <c>linear_query</c>, [H·K, D].</summary>
    public required Linear Query { get; init; }

    /// <summary>Keys and values side by side: <c>linear_keys</c> and <c>linear_values</c>, [2·G·K, D].</summary>
    public required Linear KeyValue { get; init; }

    /// <summary>Queries, keys and values side by side, [(H + 2·G)·K, D]: what self-attention uses instead of the other two.</summary>
    public required Linear QueryKeyValue { get; init; }

    /// <summary>The projection of all heads' context: <c>final_linear</c>, [D, H·K].</summary>
    public required Linear Output { get; init; }

    /// <summary>Vectors of clipped distances (Shaw et al. 2018): <c>relative_positions_embeddings</c>, [2·M + 1, K]; null in other schemes.</summary>
    public Parameter? DistanceVectors { get; init; }

    /// <summary>Biases of distance buckets (Raffel et al. 2020): <c>relative_attention_bias</c>, [buckets, H]; null in other schemes.</summary>
    public Parameter? BucketBiases { get; init; }
}
