namespace Galvani.Kernels;

/// <summary>
/// The product of rows with a packed weight, y = f(x Wᵀ + b) · gate + residual. Every output element is the sum over k = 0, 1, ..., K - 1 in this order in one accumulator,
/// whatever the number of rows: results depend neither on neighbours nor on how rows and outputs are split over threads.
/// </summary>
public static class MatMul
{
    /// <summary>All outputs of all rows. Overwrites the destination.</summary>
    /// <param name="input">[R, K], row-major.</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="epilogue">What each element goes through; <c>default</c> for nothing.</param>
    /// <param name="destination">[R, N], row-major; must not overlap the input.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the destination overlaps the input.</exception>
    public static void Multiply(ReadOnlySpan<float> input, PackedMatrix weight, in Epilogue epilogue, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(weight);
        MultiplyPanels(input, weight, 0..weight.PanelCount, epilogue, destination);
    }

    /// <summary>The outputs of some panels (of 16 outputs each) of all rows; the other outputs are left as they are. Threads may take panels of one product side by side.</summary>
    /// <param name="input">[R, K], row-major.</param>
    /// <param name="weight">[N, K].</param>
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
        fixed (float* x = input, w = weight.Panels, y = destination, bias = epilogue.Bias, gate = epilogue.Gate, residual = epilogue.Residual)
        {
            var operands = new ProductOperands
            {
                Input = (byte*)x,
                InputRowBytes = (nint)weight.InputWidth * sizeof(float),
                Weight = (byte*)w,
                PanelBytes = (nint)weight.InputWidth * PackedMatrix.PanelWidth * sizeof(float),
                StepCount = weight.InputWidth,
            };
            var target = new ProductTarget { Output = y, Bias = bias, Gate = gate, Residual = residual, OutputWidth = weight.OutputWidth, Function = epilogue.Function };
            Multiply(operands, target, rowCount, firstPanel, firstPanel + panelCount);
        }
    }

    private static void Multiply(in ProductOperands operands, in ProductTarget target, int rowCount, int firstPanel, int endPanel)
    {
        switch (InstructionSets.Current)
        {
            case InstructionSet.Avx512: ProductDriver.Multiply<SingleTile<Lanes512, Counts.Four>, Lanes512>(operands, target, rowCount, firstPanel, endPanel); break;
            case InstructionSet.Avx2: ProductDriver.Multiply<SingleTile<Lanes256, Counts.One>, Lanes256>(operands, target, rowCount, firstPanel, endPanel); break;
            default: ProductDriver.Multiply<SingleTile<ScalarLanes, Counts.One>, ScalarLanes>(operands, target, rowCount, firstPanel, endPanel); break;
        }
    }

    private static int CheckShapes(ReadOnlySpan<float> input, PackedMatrix weight, in Epilogue epilogue, Span<float> destination)
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
