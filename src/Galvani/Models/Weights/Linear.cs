using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Models.Weights;

/// <summary>
/// y = x Wᵀ + b. Several weights of one input width may be stacked, so that one product gives all their outputs side by side. Widened and packed for the product when
/// it is first used, so that a part of a model that is never run costs nothing. May be used by many threads.
/// </summary>
internal sealed class Linear : IWeightRows
{
    private readonly PackedProjection? stored;
    private readonly Lazy<float[]> bias;
    private readonly Lock packing = new();
    private volatile ProductWeight? packed;

    /// <param name="weights">[N_i, K] each, stacked in this order.</param>
    /// <param name="biases">[N_i] each, or empty for no bias.</param>
    /// <param name="format">How the weights are held.</param>
    /// <param name="stored">The same weights as the file has them packed in this format; null where they are packed here.</param>
    public Linear(IReadOnlyList<TensorView> weights, IReadOnlyList<TensorView> biases, ProductFormat format, PackedProjection? stored = null)
    {
        (Weights, Format, this.stored) = (weights, format, stored);
        OutputWidth = checked((int)weights.Sum(weight => weight.Shape[0]));
        InputWidth = checked((int)weights[0].Shape[1]);
        bias = new Lazy<float[]>(() => [.. biases.SelectMany(view => view.ToSingles())]);
    }

    /// <summary>The stacked weights, [N_i, K] each.</summary>
    public IReadOnlyList<TensorView> Weights { get; }

    /// <summary>Whether the file has the weights packed.</summary>
    public bool IsStored => stored is not null;

    /// <summary>How the weights are held.</summary>
    public ProductFormat Format { get; }

    /// <summary>N, the outputs of all stacked weights.</summary>
    public int OutputWidth { get; }

    /// <summary>K.</summary>
    public int InputWidth { get; }

    /// <summary>Whether the weights were packed, that is, used.</summary>
    public bool IsPacked => packed is not null;

    /// <summary>b, [N]; empty for none.</summary>
    public ReadOnlySpan<float> Bias => bias.Value;

    /// <summary>The packed weight of some outputs.</summary>
    /// <param name="outputs">The outputs, in the order wanted.</param>
    /// <param name="reused">What an earlier call gave, no longer used; null for nothing.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public ProductWeight Select(ReadOnlyMemory<int> outputs, ProductWeight? reused, Workspace workspace) => Packed(workspace).Select(outputs, reused, workspace.Threads);

    /// <summary>Packs the weights where that is not done yet.</summary>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Pack(Workspace workspace) => Packed(workspace);

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="output">[R, N], overwritten.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Apply(ReadOnlySpan<float> input, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, Packed(workspace), new Epilogue { Bias = bias.Value }, output, workspace.Products);

    /// <summary>f(x Wᵀ + b).</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="function">f.</param>
    /// <param name="output">[R, N], overwritten.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Apply(ReadOnlySpan<float> input, ElementFunction function, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, Packed(workspace), new Epilogue { Bias = bias.Value, Function = function }, output, workspace.Products);

    /// <summary>f(x Wᵀ + b) · gate, where the output holds the gate and is overwritten.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="function">f.</param>
    /// <param name="output">[R, N].</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void ApplyGated(ReadOnlySpan<float> input, ElementFunction function, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, Packed(workspace), new Epilogue { Bias = bias.Value, Function = function, Gate = output }, output, workspace.Products);

    /// <summary>Adds x Wᵀ + b to the output.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="output">[R, N].</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Add(ReadOnlySpan<float> input, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, Packed(workspace), new Epilogue { Bias = bias.Value, Residual = output }, output, workspace.Products);

    private ProductWeight Packed(Workspace workspace)
    {
        if (packed is { } ready)
            return ready;
        lock (packing)
            return packed ??= stored?.Weight ?? ProductWeight.Pack(this, OutputWidth, InputWidth, Format, workspace.Threads);
    }

    /// <inheritdoc/>
    void IWeightRows.Read(int first, Span<float> rows)
    {
        foreach (var weight in Weights)
        {
            var count = (int)weight.Shape[0];
            if (first < count && !rows.IsEmpty)
            {
                var read = Math.Min(rows.Length, (count - first) * InputWidth);
                weight.CopyTo(rows[..read], (long)first * InputWidth);
                rows = rows[read..];
                first = 0;
            }
            else
                first -= count;
        }
    }
}
