using Galvani.Kernels;

namespace Galvani.Models.Weights;

/// <summary>Some outputs of a <see cref="Linear"/>, chosen anew for each batch; their memory is kept. Each output has the bits that the whole gives it. Owned by one session.</summary>
internal sealed class SelectedOutputs
{
    private Linear? source;
    private ProductWeight? weight;
    private float[] bias = [];

    /// <summary>The number of outputs.</summary>
    public int Count { get; private set; }

    /// <summary>Chooses outputs in place of the last ones.</summary>
    /// <param name="linear">The whole.</param>
    /// <param name="outputs">The outputs, in the order wanted.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Choose(Linear linear, ReadOnlyMemory<int> outputs, Workspace workspace)
    {
        weight = linear.Select(outputs, reused: linear == source ? weight : null, workspace);
        (source, Count) = (linear, outputs.Length);
        if (linear.Bias.IsEmpty)
        {
            bias = [];
            return;
        }

        if (bias.Length < Count)
            bias = new float[linear.OutputWidth];
        for (var i = 0; i < Count; i++)
            bias[i] = linear.Bias[outputs.Span[i]];
    }

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="output">[R, N], N the chosen outputs; overwritten.</param>
    /// <param name="workspace">The caller's; its threads share the work.</param>
    public void Apply(ReadOnlySpan<float> input, Span<float> output, Workspace workspace) =>
        MatMul.Multiply(input, weight!, new Epilogue { Bias = bias.Length == 0 ? default : bias.AsSpan(0, Count) }, output, workspace.Products);
}
