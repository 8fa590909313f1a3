using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// A weight in 8 bits, each output with a scale of its own (its largest magnitude is the largest integer): in each panel, step by step along K, the weights of 16 outputs
/// for four components (<see cref="ProductFormat.Int8"/>) or two (<see cref="ProductFormat.Int8Exact"/>) side by side. Sums are exact in 32 bits, so their order does
/// not matter. An output or a row that has a NaN or an infinity gives NaN.
/// </summary>
public sealed class QuantizedMatrix : ProductWeight
{
    /// <summary>The widest input: up to here no sum of 255 · 63 leaves 32 bits.</summary>
    public const int LargestInputWidth = 1 << 16;

    // Weights rounded at once when a row is packed: whole lanes, and so few that 16 bits hold their sum.
    private const int ChunkElements = 256;
    private const int FastLargest = 63;
    private const int ExactLargest = 127;
    private readonly AlignedMemory<sbyte> storage;
    private readonly AlignedMemory<float> scales;
    private readonly AlignedMemory<int> excess;
    private readonly int stepWidth;
    private readonly int stepCount;
    private readonly int largest;

    /// <exception cref="ArgumentOutOfRangeException">K is beyond <see cref="LargestInputWidth"/>.</exception>
    internal QuantizedMatrix(int outputWidth, int inputWidth, ProductFormat format)
        : base(outputWidth, inputWidth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputWidth, LargestInputWidth);
        Format = format;
        (stepWidth, largest) = StepOf(format);
        stepCount = (inputWidth + stepWidth - 1) / stepWidth;
        storage = AlignedMemory<sbyte>.Lasting((long)PanelCount * PanelBytes);
        scales = new AlignedMemory<float>(PanelCount * PanelWidth);
        excess = new AlignedMemory<int>(PanelCount * PanelWidth);
    }

    private QuantizedMatrix(QuantizedMatrix source, int outputWidth, QuantizedMatrix? reused)
        : base(outputWidth, source.InputWidth)
    {
        (Format, stepWidth, stepCount, largest) = (source.Format, source.stepWidth, source.stepCount, source.largest);
        storage = AlignedMemory<sbyte>.Reuse(reused?.storage, (long)PanelCount * PanelBytes);
        scales = AlignedMemory<float>.Reuse(reused?.scales, PanelCount * PanelWidth);
        excess = AlignedMemory<int>.Reuse(reused?.excess, PanelCount * PanelWidth);
    }

    /// <inheritdoc/>
    public override ProductFormat Format { get; }

    private int StepBytes => stepWidth * PanelWidth;

    private int PanelBytes => stepCount * StepBytes;

    private static (int Width, int LargestWeight) StepOf(ProductFormat format) => format == ProductFormat.Int8 ? (4, FastLargest) : (2, ExactLargest);

    internal override void SetPanel(int panel, ReadOnlySpan<float> rows)
    {
        var bytes = storage.Span.Slice(panel * PanelBytes, PanelBytes);
        bytes.Clear();
        for (var column = 0; column < rows.Length / Math.Max(1, InputWidth); column++)
            SetRow(panel * PanelWidth + column, rows.Slice(column * InputWidth, InputWidth), bytes[(column * stepWidth)..]);
    }

    private void SetRow(int output, ReadOnlySpan<float> row, Span<sbyte> panel)
    {
        var magnitude = row.IsEmpty ? 0 : MathF.Abs(TensorPrimitives.MaxMagnitude(row));
        if (magnitude < QuantizedRows.SmallestMagnitude)
            return; // as good as zero, which the panel is
        scales.Span[output] = float.IsFinite(magnitude) ? magnitude / largest : float.NaN;
        if (!float.IsFinite(magnitude))
            return;
        Span<short> rounded = stackalloc short[ChunkElements];
        Span<sbyte> narrow = stackalloc sbyte[ChunkElements];
        var sum = 0;
        for (var first = 0; first < row.Length; first += ChunkElements)
        {
            var count = Math.Min(ChunkElements, row.Length - first);
            rounded.Clear();
            QuantizedRows.Round(row.Slice(first, count), largest / magnitude, rounded);
            sum += TensorPrimitives.Sum<short>(rounded);
            TensorPrimitives.ConvertTruncating<short, sbyte>(rounded, narrow);
            Scatter(narrow[..((count + stepWidth - 1) / stepWidth * stepWidth)], panel[(first / stepWidth * StepBytes)..]);
        }

        // The fast format's input has 128 as its zero, so its sums have 128 times this too much.
        if (Format == ProductFormat.Int8)
            excess.Span[output] = QuantizedRows.Zero * sum;
    }

    // A step's components of one output lie side by side, from step to step they are a whole step apart.
    private void Scatter(ReadOnlySpan<sbyte> components, Span<sbyte> panel)
    {
        if (stepWidth == sizeof(int))
        {
            var steps = MemoryMarshal.Cast<sbyte, int>(components);
            for (var i = 0; i < steps.Length; i++)
                MemoryMarshal.Write(MemoryMarshal.AsBytes(panel[(i * StepBytes)..]), steps[i]);
        }
        else
        {
            var steps = MemoryMarshal.Cast<sbyte, short>(components);
            for (var i = 0; i < steps.Length; i++)
                MemoryMarshal.Write(MemoryMarshal.AsBytes(panel[(i * StepBytes)..]), steps[i]);
        }
    }

    private protected override ProductWeight CreateSelection(int outputWidth, ProductWeight? reused) => new QuantizedMatrix(this, outputWidth, (QuantizedMatrix?)reused);

    internal override void CopyPanel(int panel, ProductWeight source, ReadOnlySpan<int> outputs)
    {
        var whole = (QuantizedMatrix)source;
        var to = storage.Span.Slice(panel * PanelBytes, PanelBytes);
        var (first, filled) = (panel * PanelWidth, outputs.Length);
        if (filled < PanelWidth)
        {
            to.Clear();
            scales.Span.Slice(first + filled, PanelWidth - filled).Clear();
            excess.Span.Slice(first + filled, PanelWidth - filled).Clear();
        }

        for (var i = 0; i < filled; i++)
        {
            var output = outputs[i];
            (scales.Span[first + i], excess.Span[first + i]) = (whole.scales.Span[output], whole.excess.Span[output]);
            var from = whole.storage.Span.Slice(output / PanelWidth * PanelBytes, PanelBytes)[(output % PanelWidth * stepWidth)..];
            CopySteps(from, to[(i * stepWidth)..]);
        }
    }

    // As Scatter, from one panel to another.
    private void CopySteps(ReadOnlySpan<sbyte> from, Span<sbyte> to)
    {
        var source = MemoryMarshal.AsBytes(from);
        var destination = MemoryMarshal.AsBytes(to);
        if (stepWidth == sizeof(int))
        {
            for (var offset = 0; offset < destination.Length; offset += StepBytes)
                MemoryMarshal.Write(destination[offset..], MemoryMarshal.Read<int>(source[offset..]));
        }
        else
        {
            for (var offset = 0; offset < destination.Length; offset += StepBytes)
                MemoryMarshal.Write(destination[offset..], MemoryMarshal.Read<short>(source[offset..]));
        }
    }

    internal override void Prepare(ReadOnlySpan<float> input, ProductWorkspace workspace)
    {
        if (InputWidth > 0)
            workspace.Rows.Quantize(input, InputWidth, Format);
    }

    internal override unsafe void Multiply(float* input, ProductWorkspace workspace, in ProductTarget target, IndexRange rows, IndexRange panels)
    {
        fixed (sbyte* weights = storage.Span)
        fixed (byte* quantized = workspace.Rows.Bytes)
        fixed (float* rowScales = workspace.Rows.Scales, columnScales = scales.Span)
        fixed (int* excesses = excess.Span)
        {
            var operands = new ProductOperands { Input = quantized, InputRowBytes = workspace.Rows.RowBytes, Weight = (byte*)weights, PanelBytes = PanelBytes, StepCount = stepCount };
            var scaled = target.WithScales(rowScales, columnScales, excesses);
            if (Format == ProductFormat.Int8)
                MultiplyBytes(operands, scaled, rows, panels);
            else
                MultiplyShorts(operands, scaled, rows, panels);
        }
    }

    private static void MultiplyBytes(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels)
    {
        switch (InstructionSets.Current)
        {
            case not InstructionSet.Scalar when InstructionSets.HasByteProducts:
                ProductDriver.Multiply<ProductTile<ByteSteps.AvxVnniStep, Integers256, TileShapes.SixRows>, Lanes256>(operands, target, rows, panels);
                break;
            case InstructionSet.Avx512:
                ProductDriver.Multiply<ProductTile<ByteSteps.Avx512Step, Vector512<int>, TileShapes.SixRowsOfFour>, Lanes512>(operands, target, rows, panels);
                break;
            case InstructionSet.Avx2:
                ProductDriver.Multiply<ProductTile<ByteSteps.Avx2Step, Integers256, TileShapes.FourRows>, Lanes256>(operands, target, rows, panels);
                break;
            default:
                ProductDriver.Multiply<ProductTile<ByteSteps.ScalarStep, ScalarIntegers, TileShapes.FourRows>, ScalarLanes>(operands, target, rows, panels);
                break;
        }
    }

    private static void MultiplyShorts(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels)
    {
        switch (InstructionSets.Current)
        {
            case InstructionSet.Avx512:
                ProductDriver.Multiply<ProductTile<ShortSteps.Avx512Step, Vector512<int>, TileShapes.SixRowsOfFour>, Lanes512>(operands, target, rows, panels);
                break;
            case InstructionSet.Avx2:
                ProductDriver.Multiply<ProductTile<ShortSteps.Avx2Step, Integers256, TileShapes.SixRows>, Lanes256>(operands, target, rows, panels);
                break;
            default:
                ProductDriver.Multiply<ProductTile<ShortSteps.ScalarStep, ScalarIntegers, TileShapes.SixRows>, ScalarLanes>(operands, target, rows, panels);
                break;
        }
    }
}
