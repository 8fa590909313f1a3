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
        AddExperts(weights, new ExpertRows(x, ExpertInput.IsResidual, sum), workspace);
        sum.CopyTo(x);
    }

    /// <summary>Adds to rows what experts without norm and residual make of the rows normalised by the caller.</summary>
    /// <param name="weights">The mixture.</param>
    /// <param name="normalized">[R, D].</param>
    /// <param name="x">[R, D], added to.</param>
    /// <param name="workspace">Scratch.</param>
    public static void Add(ExpertsWeights weights, ReadOnlySpan<float> normalized, Span<float> x, Workspace workspace) =>
        AddExperts(weights, new ExpertRows(normalized, ExpertInput.IsNormalized, x), workspace);

    /// <summary>What an expert's input is to its output.</summary>
    private enum ExpertInput
    {
        /// <summary>Added to it.</summary>
        IsResidual,

        /// <summary>Only read.</summary>
        IsNormalized,
    }

    /// <summary>What experts read and where they add.</summary>
    private readonly ref struct ExpertRows
    {
        public ExpertRows(ReadOnlySpan<float> input, ExpertInput kind, Span<float> sum)
        {
            Input = input;
            Kind = kind;
            Sum = sum;
        }

        /// <summary>[R, D].</summary>
        public ReadOnlySpan<float> Input { get; }

        public ExpertInput Kind { get; }

        /// <summary>[R, D], added to.</summary>
        public Span<float> Sum { get; }
    }

    private static void AddExperts(ExpertsWeights weights, ExpertRows rows, Workspace workspace)
    {
        using var scope = workspace.Open();
        var width = weights.Gate.InputWidth;
        var rowCount = rows.Input.Length / width;
        var shares = workspace.Take(rowCount * weights.Experts.Count); // [R, experts]
        weights.Gate.Apply(rows.Input, shares, workspace);
        for (var r = 0; r < rowCount; r++)
            Choose(shares.Slice(r * weights.Experts.Count, weights.Experts.Count), weights.ExpertsPerToken, workspace);
        // Experts in order, so that each row's sum has one order whatever the other rows chose.
        for (var expert = 0; expert < weights.Experts.Count; expert++)
            AddExpert(weights, expert, rows, shares, workspace);
    }

    private static void AddExpert(ExpertsWeights weights, int expert, ExpertRows rows, ReadOnlySpan<float> shares, Workspace workspace)
    {
        using var scope = workspace.Open();
        var (width, expertCount) = (weights.Gate.InputWidth, weights.Experts.Count);
        var chosen = workspace.TakeIndices(rows.Input.Length / width); // [R], the first are in use
        var count = 0;
        for (var r = 0; r < chosen.Length; r++)
        {
            if (shares[r * expertCount + expert] > 0)
                chosen[count++] = r;
        }

        var gathered = workspace.Take(count * width); // [rows of the expert, D]
        for (var i = 0; i < count; i++)
            rows.Input.Slice(chosen[i] * width, width).CopyTo(gathered.Slice(i * width, width));
        var result = workspace.Take(count * width); // [rows of the expert, D]
        if (rows.Kind == ExpertInput.IsResidual)
            gathered.CopyTo(result);
        else
            result.Clear();
        FeedForward.Add(weights.Experts[expert], gathered, result, workspace);
        for (var i = 0; i < count; i++)
        {
            var sum_r = rows.Sum.Slice(chosen[i] * width, width); // [D]
            TensorPrimitives.MultiplyAdd(result.Slice(i * width, width), shares[chosen[i] * expertCount + expert], sum_r, sum_r);
        }
    }

    /// <summary>Turns a row's gates into shares: the soft-max over the highest, 0 for the others; of equal ones the first.</summary>
    private static void Choose(Span<float> gates, int count, Workspace workspace)
    {
        using var scope = workspace.Open();
        var chosen = workspace.TakeIndices(count); // [experts per token]
        var values = workspace.Take(count); // [experts per token]
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
