using Galvani.Models.Layers;

namespace Galvani.Models.Weights;

/// <summary>The weights of an encoder, in OpenNMT-py <c>encoder</c>.</summary>
internal sealed record EncoderWeights
{
    /// <summary>The source's embedding: <c>embeddings.make_embedding</c>.</summary>
    public required EmbeddingLayer Embedding { get; init; }

    /// <summary>The layers: <c>transformer.N</c>.</summary>
    public required IReadOnlyList<EncoderLayerWeights> Layers { get; init; }

    /// <summary>The norm after the last layer: <c>layer_norm</c>, [D].</summary>
    public required Norm FinalNorm { get; init; }
}

/// <summary>The weights of an encoder layer.</summary>
internal sealed record EncoderLayerWeights
{
    /// <summary>The norm before self-attention: <c>layer_norm</c>, [D].</summary>
    public required Norm AttentionNorm { get; init; }

    /// <summary>Self-attention: <c>self_attn</c>.</summary>
    public required AttentionWeights Attention { get; init; }

    /// <summary>The feed-forward block: <c>feed_forward</c>.</summary>
    public required FeedForwardWeights FeedForward { get; init; }
}
