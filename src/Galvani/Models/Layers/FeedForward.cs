using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>The position-wise feed-forward block (Vaswani et al. 2017, 3.3), F(n) = w2 · act(w1 · n), gated (Shazeer 2020) w2 · (act(w1 · n) ∘ w3 · n).</summary>
internal static class FeedForward
{
    /// <summary>x + F(norm(x)); without a norm of its own x + F(n) of the rows normalised by the caller.</summary>
    /// <param name="weights">The block.</param>
    /// <param name="normalized">[R, D]: n, for a block without a norm; else not read.</param>
    /// <param name="x">[R, D], added to.</param>
    /// <param name="workspace">Scratch.</param>
    public static void Add(FeedForwardWeights weights, ReadOnlySpan<float> normalized, Span<float> x, Workspace workspace)
    {
        using var scope = workspace.Open();
        var input = normalized; // [R, D]
        if (weights.Norm is { } norm)
        {
            var own = workspace.Take(x.Length); // [R, D]
            norm.Apply(x, own);
            input = own;
        }

        var inner = Inner(weights, input, workspace); // [R, F]
        weights.Output.Add(inner, x, workspace); // [R, D]
    }

    private static ReadOnlySpan<float> Inner(FeedForwardWeights weights, ReadOnlySpan<float> input, Workspace workspace)
    {
        var rowCount = input.Length / weights.Inner.InputWidth;
        var inner = workspace.Take(rowCount * weights.Inner.OutputWidth); // [R, F]
        if (weights.Gate is { } gate)
        {
            gate.Apply(input, inner, workspace);
            weights.Inner.ApplyGated(input, weights.Activation, inner, workspace);
        }
        else
            weights.Inner.Apply(input, weights.Activation, inner, workspace);
        return inner;
    }
}
