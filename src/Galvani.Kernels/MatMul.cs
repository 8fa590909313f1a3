using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// The product of rows with a packed weight, y = f(x Wᵀ + b) · gate + residual. Every output element is the sum over k = 0, 1, ..., K - 1 in this order in one accumulator,
/// whatever the number of rows: results depend neither on neighbours nor on how rows and outputs are split over threads.
/// </summary>
public static class MatMul
{
    // Rows of a tile: 6 rows of 2 vectors are 12 accumulators, which with two weights and one broadcast input fill the 16 registers.
    private const int TileRows = 6;

    // Rows that pass over a panel while it is in the cache.
    private const int BlockRows = 48;
    private const int PanelWidth = PackedMatrix.PanelWidth;

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
        fixed (float* x = input, w = weight.Panels, y = destination)
        {
            for (var block = 0; block < rowCount; block += BlockRows)
            {
                var end = Math.Min(block + BlockRows, rowCount);
                for (var panel = firstPanel; panel < firstPanel + panelCount; panel++)
                    MultiplyBlock(new Panel(x, w, y, weight, panel), block, end, epilogue);
            }
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void MultiplyBlock(in Panel panel, int firstRow, int endRow, in Epilogue epilogue)
    {
        var tile = stackalloc float[TileRows * PanelWidth];
        for (var row = firstRow; row < endRow;)
        {
            var x = panel.Input + (nint)row * panel.InputWidth;
            var rows = endRow - row;
            if (rows >= TileRows)
                rows = Tile6(x, panel.Weight, panel.InputWidth, tile);
            else if (rows >= 4)
                rows = Tile4(x, panel.Weight, panel.InputWidth, tile);
            else if (rows >= 2)
                rows = Tile2(x, panel.Weight, panel.InputWidth, tile);
            else
                rows = Tile1(x, panel.Weight, panel.InputWidth, tile);
            for (var r = 0; r < rows; r++)
                Finish(new ReadOnlySpan<float>(tile + r * PanelWidth, panel.ColumnCount), (nint)(row + r) * panel.OutputWidth + panel.FirstColumn, panel, epilogue);
            row += rows;
        }
    }

    /// <summary>Takes a row of a tile through the epilogue to the destination, element by element in two vectors; the last panel may have fewer columns.</summary>
    private static unsafe void Finish(ReadOnlySpan<float> tileRow, nint offset, in Panel panel, in Epilogue epilogue)
    {
        var destination = new Span<float>(panel.Output + offset, tileRow.Length);
        Span<float> row = stackalloc float[PanelWidth];
        row.Clear();
        tileRow.CopyTo(row);
        var (low, high) = (Vector256.Create<float>(row), Vector256.Create<float>(row[8..]));
        if (!epilogue.Bias.IsEmpty)
        {
            var (l, h) = Load(epilogue.Bias.Slice(panel.FirstColumn, tileRow.Length));
            (low, high) = (low + l, high + h);
        }

        (low, high) = (VectorMath.Apply(epilogue.Function, low), VectorMath.Apply(epilogue.Function, high));
        if (!epilogue.Gate.IsEmpty)
        {
            var (l, h) = Load(epilogue.Gate.Slice((int)offset, tileRow.Length));
            (low, high) = (low * l, high * h);
        }

        if (!epilogue.Residual.IsEmpty)
        {
            var (l, h) = Load(epilogue.Residual.Slice((int)offset, tileRow.Length));
            (low, high) = (low + l, high + h);
        }

        low.CopyTo(row);
        high.CopyTo(row[8..]);
        row[..tileRow.Length].CopyTo(destination);
    }

    /// <summary>Up to 16 numbers as two vectors, missing ones zero.</summary>
    private static (Vector256<float> Low, Vector256<float> High) Load(ReadOnlySpan<float> values)
    {
        if (values.Length == PanelWidth)
            return (Vector256.Create(values), Vector256.Create(values[8..]));
        Span<float> padded = stackalloc float[PanelWidth];
        padded.Clear();
        values.CopyTo(padded);
        return (Vector256.Create<float>(padded), Vector256.Create<float>(padded[8..]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int Tile1(float* x, float* w, int inputWidth, float* tile)
    {
        var (low0, high0) = (Vector256<float>.Zero, Vector256<float>.Zero);
        for (var k = 0; k < inputWidth; k++, w += PanelWidth)
        {
            var value = Vector256.Create(x[k]);
            low0 = VectorMath.MultiplyAdd(value, Vector256.Load(w), low0);
            high0 = VectorMath.MultiplyAdd(value, Vector256.Load(w + 8), high0);
        }

        low0.Store(tile);
        high0.Store(tile + 8);
        return 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int Tile2(float* x, float* w, int inputWidth, float* tile)
    {
        var (low0, high0, low1, high1) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var k = 0; k < inputWidth; k++, w += PanelWidth)
        {
            var (low, high) = (Vector256.Load(w), Vector256.Load(w + 8));
            var value = Vector256.Create(x[k]);
            low0 = VectorMath.MultiplyAdd(value, low, low0);
            high0 = VectorMath.MultiplyAdd(value, high, high0);
            value = Vector256.Create(x[k + inputWidth]);
            low1 = VectorMath.MultiplyAdd(value, low, low1);
            high1 = VectorMath.MultiplyAdd(value, high, high1);
        }

        low0.Store(tile);
        high0.Store(tile + 8);
        low1.Store(tile + PanelWidth);
        high1.Store(tile + PanelWidth + 8);
        return 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int Tile4(float* x, float* w, int inputWidth, float* tile)
    {
        var (low0, high0, low1, high1) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (low2, high2, low3, high3) = (low0, low0, low0, low0);
        var x1 = x + inputWidth;
        var x2 = x1 + inputWidth;
        var x3 = x2 + inputWidth;
        for (var k = 0; k < inputWidth; k++, w += PanelWidth)
        {
            var (low, high) = (Vector256.Load(w), Vector256.Load(w + 8));
            var value = Vector256.Create(x[k]);
            low0 = VectorMath.MultiplyAdd(value, low, low0);
            high0 = VectorMath.MultiplyAdd(value, high, high0);
            value = Vector256.Create(x1[k]);
            low1 = VectorMath.MultiplyAdd(value, low, low1);
            high1 = VectorMath.MultiplyAdd(value, high, high1);
            value = Vector256.Create(x2[k]);
            low2 = VectorMath.MultiplyAdd(value, low, low2);
            high2 = VectorMath.MultiplyAdd(value, high, high2);
            value = Vector256.Create(x3[k]);
            low3 = VectorMath.MultiplyAdd(value, low, low3);
            high3 = VectorMath.MultiplyAdd(value, high, high3);
        }

        Store(tile, 0, low0, high0);
        Store(tile, 1, low1, high1);
        Store(tile, 2, low2, high2);
        Store(tile, 3, low3, high3);
        return 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int Tile6(float* x, float* w, int inputWidth, float* tile)
    {
        var (low0, high0, low1, high1) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var (low2, high2, low3, high3) = (low0, low0, low0, low0);
        var (low4, high4, low5, high5) = (low0, low0, low0, low0);
        var x1 = x + inputWidth;
        var x2 = x1 + inputWidth;
        var x3 = x2 + inputWidth;
        var x4 = x3 + inputWidth;
        var x5 = x4 + inputWidth;
        for (var k = 0; k < inputWidth; k++, w += PanelWidth)
        {
            var (low, high) = (Vector256.Load(w), Vector256.Load(w + 8));
            var value = Vector256.Create(x[k]);
            low0 = VectorMath.MultiplyAdd(value, low, low0);
            high0 = VectorMath.MultiplyAdd(value, high, high0);
            value = Vector256.Create(x1[k]);
            low1 = VectorMath.MultiplyAdd(value, low, low1);
            high1 = VectorMath.MultiplyAdd(value, high, high1);
            value = Vector256.Create(x2[k]);
            low2 = VectorMath.MultiplyAdd(value, low, low2);
            high2 = VectorMath.MultiplyAdd(value, high, high2);
            value = Vector256.Create(x3[k]);
            low3 = VectorMath.MultiplyAdd(value, low, low3);
            high3 = VectorMath.MultiplyAdd(value, high, high3);
            value = Vector256.Create(x4[k]);
            low4 = VectorMath.MultiplyAdd(value, low, low4);
            high4 = VectorMath.MultiplyAdd(value, high, high4);
            value = Vector256.Create(x5[k]);
            low5 = VectorMath.MultiplyAdd(value, low, low5);
            high5 = VectorMath.MultiplyAdd(value, high, high5);
        }

        Store(tile, 0, low0, high0);
        Store(tile, 1, low1, high1);
        Store(tile, 2, low2, high2);
        Store(tile, 3, low3, high3);
        Store(tile, 4, low4, high4);
        Store(tile, 5, low5, high5);
        return TileRows;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Store(float* tile, int row, Vector256<float> low, Vector256<float> high)
    {
        low.Store(tile + row * PanelWidth);
        high.Store(tile + row * PanelWidth + 8);
    }

    /// <summary>Where a panel's operands stand.</summary>
    private readonly unsafe struct Panel
    {
        public readonly float* Input;
        public readonly float* Weight;
        public readonly float* Output;
        public readonly int InputWidth;
        public readonly int OutputWidth;
        public readonly int FirstColumn;
        public readonly int ColumnCount;

        public Panel(float* input, float* panels, float* output, PackedMatrix weight, int panel)
        {
            Debug.Assert(panel >= 0 && panel < weight.PanelCount, "the panel is inside the matrix");
            Weight = panels + (nint)panel * PanelWidth * weight.InputWidth;
            Input = input;
            Output = output;
            (InputWidth, OutputWidth) = (weight.InputWidth, weight.OutputWidth);
            FirstColumn = panel * PanelWidth;
            ColumnCount = Math.Min(PanelWidth, weight.OutputWidth - FirstColumn);
        }
    }
}
