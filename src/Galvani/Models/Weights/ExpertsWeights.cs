namespace Galvani.Models.Weights;

/// <summary>The weights of a mixture of experts (Shazeer et al. 2017), in OpenNMT-py a decoder's <c>feed_forward</c> with <c>num_experts</c>.</summary>
internal sealed record ExpertsWeights
{
    /// <summary>What chooses experts: <c>gate</c>, [experts, D], no bias.</summary>
    public required Linear Gate { get; init; }

    /// <summary>The experts: <c>experts.N</c>, each a block with its own norm.</summary>
    public required IReadOnlyList<FeedForwardWeights> Experts { get; init; }

    /// <summary>The experts that a token goes to.</summary>
    public required int ExpertsPerToken { get; init; }
}
