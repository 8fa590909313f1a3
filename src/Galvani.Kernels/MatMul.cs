namespace Galvani.Kernels;

/// <summary>
/// The product of rows with a packed weight, y = f(x Wᵀ + b) · gate + residual. In single precision every output element is the sum over k = 0, 1, ..., K - 1 in this order
/// in one accumulator, and quantised sums are exact, whatever the number of rows: results depend neither on neighbours nor on how the work is split over threads.
/// </summary>
public static class MatMul
{
    /// <summary>All outputs of all rows, by the calling thread. Overwrites the destination.</summary>
    /// <param name="input">[R, K], row-major.</param>
    /// <param name="weight">[N, K], in single precision.</param>
    /// <param name="epilogue">What each element goes through; <c>default</c> for nothing.</param>
    /// <param name="destination">[R, N], row-major; must not overlap the input.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the destination overlaps the input.</exception>
    public static void Multiply(ReadOnlySpan<float> input, PackedMatrix weight, in Epilogue epilogue, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(weight);
        MultiplyPanels(input, weight, 0..weight.PanelCount, epilogue, destination);
    }

    /// <summary>All outputs of all rows, by all threads of the workspace. Overwrites the destination.</summary>
    /// <param name="input">[R, K], row-major.</param>
    /// <param name="weight">[N, K], in any format.</param>
    /// <param name="epilogue">What each element goes through; <c>default</c> for nothing.</param>
    /// <param name="destination">[R, N], row-major; must not overlap the input.</param>
    /// <param name="workspace">The caller's own; allocates nothing once it has met a product of this size.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the destination overlaps the input.</exception>
    public static unsafe void Multiply(ReadOnlySpan<float> input, ProductWeight weight, in Epilogue epilogue, Span<float> destination, ProductWorkspace workspace)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(workspace);
        var rowCount = CheckShapes(input, weight, epilogue, destination);
        if (rowCount == 0)
            return;
        weight.Prepare(input, workspace);
        fixed (float* x = input, y = destination, bias = epilogue.Bias, gate = epilogue.Gate, residual = epilogue.Residual)
        {
            var target = new ProductTarget { Output = y, Bias = bias, Gate = gate, Residual = residual, OutputWidth = weight.OutputWidth, Function = epilogue.Function };
            workspace.Multiply(weight, x, target, rowCount);
        }
    }

    /// <summary>The outputs of some panels (of 16 outputs each) of all rows; the other outputs are left as they are. Threads may take panels of one product side by side.</summary>
    /// <param name="input">[R, K], row-major.</param>
    /// <param name="weight">[N, K], in single precision.</param>
    /// <param name="panels">Panels of 0 .. N / 16, rounded up.</param>
    /// <param name="epilogue">What each element goes through.</param>
    /// <param name="destination">[R, N], row-major; must not overlap the input.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the destination overlaps the input.</exception>
    public static unsafe void MultiplyPanels(ReadOnlySpan<float> input, PackedMatrix weight, Range panels, in Epilogue epilogue, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(weight);
        var rowCount = CheckShapes(input, weight, epilogue, destination);
        var (firstPanel, panelCount) = panels.GetOffsetAndLength(weight.PanelCount);
        if (rowCount == 0)
            return;
        fixed (float* x = input, y = destination, bias = epilogue.Bias, gate = epilogue.Gate, residual = epilogue.Residual)
        {
            var target = new ProductTarget { Output = y, Bias = bias, Gate = gate, Residual = residual, OutputWidth = weight.OutputWidth, Function = epilogue.Function };
            weight.Multiply(x, target, new IndexRange(0, rowCount), new IndexRange(firstPanel, firstPanel + panelCount), new ReadAhead(weight.Place, firstPanel + panelCount));
        }
    }

    private static int CheckShapes(ReadOnlySpan<float> input, ProductWeight weight, in Epilogue epilogue, Span<float> destination)
    {
        var (n, k) = (weight.OutputWidth, weight.InputWidth);
        var rowCount = n == 0 ? 0 : destination.Length / n;
        if (destination.Length != (long)rowCount * n || input.Length != (long)rowCount * k)
            throw new ArgumentException($"An input of {input.Length} and a destination of {destination.Length} elements are no rows of {k} and {n}.", nameof(destination));
        if (!epilogue.Bias.IsEmpty && epilogue.Bias.Length != n)
            throw new ArgumentException($"The bias has {epilogue.Bias.Length} elements, expected {n}.", nameof(epilogue));
        if ((!epilogue.Gate.IsEmpty && epilogue.Gate.Length != destination.Length) || (!epilogue.Residual.IsEmpty && epilogue.Residual.Length != destination.Length))
            throw new ArgumentException($"Gate and residual have {epilogue.Gate.Length} and {epilogue.Residual.Length} elements, expected {destination.Length} or none.", nameof(epilogue));
        if (input.Overlaps(destination))
            throw new ArgumentException("The destination overlaps the input.", nameof(destination));
        return rowCount;
    }
}
