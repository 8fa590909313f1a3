using System.Numerics.Tensors;
using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>Where the rows of a pass keep their running averages.</summary>
/// <param name="plan">The rows.</param>
/// <param name="cache">The cache that has their rows.</param>
/// <param name="layer">0-based.</param>
internal readonly ref struct AverageRows(RowPlan plan, DecoderCache cache, int layer)
{
    /// <summary>The rows.</summary>
    public RowPlan Plan { get; } = plan;

    /// <summary>The average of a row, [D], to be written.</summary>
    public Span<float> Average(int row) => cache.Row(layer, Plan[row].TableRow);

    /// <summary>The average of the token before a row that is not the first, [D].</summary>
    public ReadOnlySpan<float> Previous(int row) => cache.Row(layer, Plan[row].Previous);
}

/// <summary>
/// The running average in self-attention's place (Zhang et al. 2018): a_t is the mean of x_1 ... x_t, optionally through a feed-forward block; two gates mix it with the input,
/// out = σ(i) ∘ x + σ(f) ∘ a.
/// </summary>
internal static class AverageAttention
{
    /// <summary>Adds the block's output.</summary>
    /// <param name="weights">Gates and optional block.</param>
    /// <param name="rows">The rows, in an order in which a token comes after the one before it.</param>
    /// <param name="normalized">[R, D].</param>
    /// <param name="x">[R, D], added to.</param>
    /// <param name="workspace">Scratch.</param>
    public static void Add(AverageAttentionWeights weights, AverageRows rows, ReadOnlySpan<float> normalized, Span<float> x, Workspace workspace)
    {
        using var scope = workspace.Open();
        var (rowCount, width) = (rows.Plan.Count, x.Length / rows.Plan.Count);
        var average = workspace.Take(x.Length); // [R, D]
        for (var r = 0; r < rowCount; r++)
        {
            Advance(rows, r, normalized.Slice(r * width, width));
            rows.Average(r).CopyTo(average.Slice(r * width, width));
        }

        if (weights.Transform is { } transform)
            FeedForward.Add(transform, [], average, workspace);
        var sides = workspace.Take(2 * x.Length); // [R, 2·D]: input and average side by side
        for (var r = 0; r < rowCount; r++)
        {
            normalized.Slice(r * width, width).CopyTo(sides[(2 * r * width)..]);
            average.Slice(r * width, width).CopyTo(sides[((2 * r + 1) * width)..]);
        }

        var gates = workspace.Take(2 * x.Length); // [R, 2·D]: input and forget gates
        weights.Gates.Apply(sides, ElementFunction.Sigmoid, gates, workspace);
        TensorPrimitives.Multiply(gates, sides, gates);
        for (var r = 0; r < rowCount; r++)
        {
            var x_r = x.Slice(r * width, width); // [D]
            TensorPrimitives.Add(gates.Slice(2 * r * width, width), gates.Slice((2 * r + 1) * width, width), sides[..width]);
            TensorPrimitives.Add(x_r, sides[..width], x_r);
        }
    }

    /// <summary>a_t = (x_t + t · a_(t-1)) / (t + 1), t from 0.</summary>
    private static void Advance(AverageRows rows, int row, ReadOnlySpan<float> input)
    {
        var index = rows.Plan[row].Index;
        var current = rows.Average(row);
        if (index == 0)
            input.CopyTo(current);
        else
        {
            TensorPrimitives.MultiplyAdd(rows.Previous(row), (float)index, input, current);
            TensorPrimitives.Divide(current, (float)(index + 1), current);
        }
    }
}
