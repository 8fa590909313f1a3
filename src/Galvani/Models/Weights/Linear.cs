using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Models.Weights;

/// <summary>
/// y = x Wᵀ + b. Several weights of one input width may be stacked, so that one product gives all their outputs side by side. Widened and packed for the product when
/// it is first used, so that a part of a model that is never run costs nothing. May be used by many threads.
/// </summary>
internal sealed class Linear
{
    private const int ChunkElements = 1 << 20;
    private readonly IReadOnlyList<TensorView> weights;
    private readonly Lazy<PackedMatrix> packed;
    private readonly Lazy<float[]> bias;

    /// <param name="weights">[N_i, K] each, stacked in this order.</param>
    /// <param name="biases">[N_i] each, or empty for no bias.</param>
    public Linear(IReadOnlyList<TensorView> weights, IReadOnlyList<TensorView> biases)
    {
        this.weights = weights;
        OutputWidth = checked((int)weights.Sum(weight => weight.Shape[0]));
        InputWidth = checked((int)weights[0].Shape[1]);
        packed = new Lazy<PackedMatrix>(Pack);
        bias = new Lazy<float[]>(() => [.. biases.SelectMany(view => view.ToSingles())]);
    }

    /// <summary>N, the outputs of all stacked weights.</summary>
    public int OutputWidth { get; }

    /// <summary>K.</summary>
    public int InputWidth { get; }

    /// <summary>Whether the weights were packed, that is, used.</summary>
    public bool IsPacked => packed.IsValueCreated;

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="output">[R, N], overwritten.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Apply(ReadOnlySpan<float> input, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, packed.Value, new Epilogue { Bias = bias.Value }, output, workspace.Products);

    /// <summary>f(x Wᵀ + b).</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="function">f.</param>
    /// <param name="output">[R, N], overwritten.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Apply(ReadOnlySpan<float> input, ElementFunction function, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, packed.Value, new Epilogue { Bias = bias.Value, Function = function }, output, workspace.Products);

    /// <summary>f(x Wᵀ + b) · gate, where the output holds the gate and is overwritten.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="function">f.</param>
    /// <param name="output">[R, N].</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void ApplyGated(ReadOnlySpan<float> input, ElementFunction function, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, packed.Value, new Epilogue { Bias = bias.Value, Function = function, Gate = output }, output, workspace.Products);

    /// <summary>Adds x Wᵀ + b to the output.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="output">[R, N].</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Add(ReadOnlySpan<float> input, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, packed.Value, new Epilogue { Bias = bias.Value, Residual = output }, output, workspace.Products);

    private PackedMatrix Pack()
    {
        var builder = new PackedMatrixBuilder(OutputWidth, InputWidth);
        var rowsAtOnce = Math.Max(1, ChunkElements / Math.Max(1, InputWidth));
        var chunk = new float[rowsAtOnce * InputWidth];
        foreach (var weight in weights)
        {
            for (var first = 0; first < weight.Shape[0]; first += rowsAtOnce)
            {
                var rows = chunk.AsSpan(0, (int)Math.Min(rowsAtOnce, weight.Shape[0] - first) * InputWidth);
                weight.CopyTo(rows, (long)first * InputWidth);
                for (var start = 0; start < rows.Length; start += InputWidth)
                    builder.Add(rows.Slice(start, InputWidth));
            }
        }

        return builder.Build();
    }
}
