using Galvani.Models.Layers;

namespace Galvani.Models.Weights;

/// <summary>The weights of a decoder with its output projection, in OpenNMT-py <c>decoder</c> and <c>generator</c>.</summary>
internal sealed record DecoderWeights
{
    /// <summary>The target's embedding: <c>embeddings.make_embedding</c>.</summary>
    public required EmbeddingLayer Embedding { get; init; }

    /// <summary>The layers: <c>transformer_layers.N</c>.</summary>
    public required IReadOnlyList<DecoderLayerWeights> Layers { get; init; }

    /// <summary>The norm after the last layer: <c>layer_norm</c>, [D].</summary>
    public required Norm FinalNorm { get; init; }

    /// <summary>The output projection: <c>generator</c> (<c>generator.linear</c> in a copy model), [V, D].</summary>
    public required Linear Generator { get; init; }

    /// <summary>What decides between producing and copying (See et al. 2017): <c>generator.linear_copy</c>, [1, D]; null but in a copy model.</summary>
    public Linear? CopyGate { get; init; }
}

/// <summary>The weights of a decoder layer. A language model's layer has no cross-attention.</summary>
internal sealed record DecoderLayerWeights
{
    /// <summary>The norm before self-attention: <c>layer_norm_1</c>, [D].</summary>
    public required Norm SelfAttentionNorm { get; init; }

    /// <summary>Self-attention: <c>self_attn</c>; null where <see cref="AverageAttention"/> stands in its place.</summary>
    public AttentionWeights? SelfAttention { get; init; }

    /// <summary>The running average: <c>self_attn</c> of <c>self_attn_type average</c>; null for self-attention.</summary>
    public AverageAttentionWeights? AverageAttention { get; init; }

    /// <summary>The norm before cross-attention: <c>layer_norm_2</c>, [D]; null where nothing uses it.</summary>
    public Norm? CrossAttentionNorm { get; init; }

    /// <summary>Cross-attention: <c>context_attn</c>; null in a language model.</summary>
    public AttentionWeights? CrossAttention { get; init; }

    /// <summary>The feed-forward branch's own norm of a parallel language model: <c>layer_norm_res</c>, [D]; null elsewhere.</summary>
    public Norm? ParallelNorm { get; init; }

    /// <summary>The feed-forward block: <c>feed_forward</c>; null where <see cref="Experts"/> stand in its place.</summary>
    public FeedForwardWeights? FeedForward { get; init; }

    /// <summary>The mixture of experts: <c>feed_forward</c> with <c>num_experts</c>; null for one block.</summary>
    public ExpertsWeights? Experts { get; init; }
}
