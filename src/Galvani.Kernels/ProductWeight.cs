namespace Galvani.Kernels;

/// <summary>
/// A weight [N, K] (out, in) laid out for <see cref="MatMul"/> in one of the <see cref="ProductFormat"/>s: panels of 16 outputs over the whole K, the last filled up
/// with zeros. Immutable once built; may be read by many threads.
/// </summary>
public abstract class ProductWeight
{
    /// <summary>The outputs of a panel.</summary>
    internal const int PanelWidth = LaneMath.LaneCount;

    private protected ProductWeight(int outputWidth, int inputWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(outputWidth);
        ArgumentOutOfRangeException.ThrowIfNegative(inputWidth);
        (OutputWidth, InputWidth) = (outputWidth, inputWidth);
        PanelCount = (int)(((long)outputWidth + PanelWidth - 1) / PanelWidth);
    }

    /// <summary>N.</summary>
    public int OutputWidth { get; }

    /// <summary>K.</summary>
    public int InputWidth { get; }

    /// <summary>How the weight is held.</summary>
    public abstract ProductFormat Format { get; }

    /// <summary>N / 16, rounded up.</summary>
    internal int PanelCount { get; }

    /// <summary>Packs a weight.</summary>
    /// <param name="weight">[N, K], row-major, as PyTorch stores it.</param>
    /// <param name="outputWidth">N.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How to hold it.</param>
    /// <exception cref="ArgumentException">The weight has another number of elements.</exception>
    public static ProductWeight Pack(ReadOnlySpan<float> weight, int outputWidth, int inputWidth, ProductFormat format)
    {
        if (weight.Length != (long)outputWidth * inputWidth)
            throw new ArgumentException($"A weight of {weight.Length} elements is not [{outputWidth}, {inputWidth}].", nameof(weight));
        var builder = new ProductWeightBuilder(outputWidth, inputWidth, format);
        for (var n = 0; n < outputWidth; n++)
            builder.Add(weight.Slice(n * inputWidth, inputWidth));
        return builder.Build();
    }

    /// <summary>Sets the weights of an output; only while the weight is built.</summary>
    internal abstract void SetRow(int output, ReadOnlySpan<float> row);

    /// <summary>Brings rows into the form that <see cref="Multiply"/> reads; it stays valid until the workspace's next product.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="workspace">Receives what the form needs.</param>
    internal abstract void Prepare(ReadOnlySpan<float> input, ProductWorkspace workspace);

    /// <summary>Some outputs of some rows; many threads may do different parts of one product side by side.</summary>
    /// <param name="input">[R, K], the rows that <see cref="Prepare"/> had, pinned.</param>
    /// <param name="workspace">What <see cref="Prepare"/> left.</param>
    /// <param name="target">What is written.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="panels">Panels.</param>
    internal abstract unsafe void Multiply(float* input, ProductWorkspace workspace, in ProductTarget target, IndexRange rows, IndexRange panels);
}

/// <summary>Indices from <paramref name="First"/> to in front of <paramref name="End"/>.</summary>
internal readonly record struct IndexRange(int First, int End);
