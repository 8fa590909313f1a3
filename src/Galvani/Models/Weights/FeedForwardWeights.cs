using Galvani.Kernels;

namespace Galvani.Models.Weights;

/// <summary>The weights of a position-wise feed-forward block (Vaswani et al. 2017, 3.3), in OpenNMT-py <c>feed_forward</c>.</summary>
internal sealed record FeedForwardWeights
{
    /// <summary>The block's own norm: <c>layer_norm</c>, [D]; null where the layer normalises for it (<c>parallel_residual</c>).</summary>
    public required Norm? Norm { get; init; }

    /// <summary>The first projection: <c>w_1</c>, [F, D].</summary>
    public required Linear Inner { get; init; }

    /// <summary>The gate's projection of silu and gated-gelu: <c>w_3</c>, [F, D]; null for others.</summary>
    public Linear? Gate { get; init; }

    /// <summary>The second projection: <c>w_2</c>, [D, F].</summary>
    public required Linear Output { get; init; }

    /// <summary>The activation after the first projection.</summary>
    public required ElementFunction Activation { get; init; }
}
