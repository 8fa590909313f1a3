using System.Numerics.Tensors;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>
/// A mixture of experts (Shazeer et al. 2017): each row goes to the experts whose gate is highest, and takes the mean of what they give, weighted by the soft-max of those gates. An expert
/// is a feed-forward block with its own norm and residual.
/// </summary>
internal static class MixtureOfExperts
{
    /// <summary>Overwrites rows by what their experts make of them.</summary>
    /// <param name="weights">The mixture.</param>
    /// <param name="x">[R, D], overwritten.</param>
    /// <param name="workspace">Scratch.</param>
    public static void Apply(ExpertsWeights weights, Span<float> x, Workspace workspace)
    {
        using var scope = workspace.Open();
        var sum = workspace.Take(x.Length); // [R, D]
        sum.Clear();
        AddExperts(weights, x, ExpertInput.IsResidual, sum, workspace);
        sum.CopyTo(x);
    }

    /// <summary>Adds to rows what experts without norm and residual make of the rows normalised by the caller.</summary>
    /// <param name="weights">The mixture.</param>
    /// <param name="normalized">[R, D].</param>
    /// <param name="x">[R, D], added to.</param>
    /// <param name="workspace">Scratch.</param>
    public static void Add(ExpertsWeights weights, ReadOnlySpan<float> normalized, Span<float> x, Workspace workspace) =>
        AddExperts(weights, normalized, ExpertInput.IsNormalized, x, workspace);

    /// <summary>What an expert's input is to its output.</summary>
    private enum ExpertInput
    {
        /// <summary>Added to it.</summary>
        IsResidual,

        /// <summary>Only read.</summary>
        IsNormalized,
    }

    private static void AddExperts(ExpertsWeights weights, ReadOnlySpan<float> input, ExpertInput kind, Span<float> sum, Workspace workspace)
    {
        using var scope = workspace.Open();
        var width = weights.Gate.InputWidth;
        var rowCount = input.Length / width;
        var shares = workspace.Take(rowCount * weights.Experts.Count); // [R, experts]
        weights.Gate.Apply(input, shares, workspace);
        for (var r = 0; r < rowCount; r++)
            Choose(shares.Slice(r * weights.Experts.Count, weights.Experts.Count), weights.ExpertsPerToken, workspace);
        // Experts in order, so that each row's sum has one order whatever the other rows chose.
        for (var expert = 0; expert < weights.Experts.Count; expert++)
            AddExpert(weights, expert, input, shares, kind, sum, workspace);
    }

    private static void AddExpert(ExpertsWeights weights, int expert, ReadOnlySpan<float> input, ReadOnlySpan<float> shares, ExpertInput kind, Span<float> sum, Workspace workspace)
    {
        using var scope = workspace.Open();
        var (width, expertCount) = (weights.Gate.InputWidth, weights.Experts.Count);
        var rows = workspace.TakeIndices(input.Length / width);
        var count = 0;
        for (var r = 0; r < rows.Length; r++)
        {
            if (shares[r * expertCount + expert] > 0)
                rows[count++] = r;
        }

        var gathered = workspace.Take(count * width); // [rows of the expert, D]
        for (var i = 0; i < count; i++)
            input.Slice(rows[i] * width, width).CopyTo(gathered.Slice(i * width, width));
        var result = workspace.Take(count * width); // [rows of the expert, D]
        if (kind == ExpertInput.IsResidual)
            gathered.CopyTo(result);
        else
            result.Clear();
        FeedForward.Add(weights.Experts[expert], gathered, result, workspace);
        for (var i = 0; i < count; i++)
        {
            var sum_r = sum.Slice(rows[i] * width, width);
            TensorPrimitives.MultiplyAdd(result.Slice(i * width, width), shares[rows[i] * expertCount + expert], sum_r, sum_r);
        }
    }

    /// <summary>Turns a row's gates into shares: the soft-max over the highest, 0 for the others; of equal ones the first.</summary>
    private static void Choose(Span<float> gates, int count, Workspace workspace)
    {
        using var scope = workspace.Open();
        var chosen = workspace.TakeIndices(count);
        var values = workspace.Take(count);
        for (var i = 0; i < count; i++)
        {
            chosen[i] = TensorPrimitives.IndexOfMax<float>(gates);
            values[i] = gates[chosen[i]];
            gates[chosen[i]] = float.NegativeInfinity;
        }

        SoftMax.Rows(values, count);
        gates.Clear();
        for (var i = 0; i < count; i++)
            gates[chosen[i]] = values[i];
    }
}
