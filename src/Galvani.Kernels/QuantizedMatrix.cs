using System.Buffers;
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>
/// A weight in 8 bits, each output with a scale of its own (<see cref="WeightScale"/>): in each panel, step by step along K, the weights of 16 outputs
/// for four components (<see cref="ProductFormat.Int8"/>) or two (<see cref="ProductFormat.Int8Exact"/>) side by side. Sums are exact in 32 bits, so their order does
/// not matter. An output or a row that has a NaN or an infinity gives NaN.
/// </summary>
public sealed class QuantizedMatrix : ProductWeight
{
    /// <summary>The widest input: up to here no sum of 255 times a weight leaves 32 bits.</summary>
    public const int LargestInputWidth = 1 << 16;

    // Weights rounded at once when a row is packed: whole lanes.
    private const int ChunkElements = 256;
    private const int ExactLargest = 127;
    private readonly AlignedMemory<sbyte> storage;
    private readonly AlignedMemory<float> scales;
    private readonly AlignedMemory<int> weightSums;
    private readonly int stepWidth;
    private readonly int stepCount;

    /// <exception cref="ArgumentOutOfRangeException">K is beyond <see cref="LargestInputWidth"/>.</exception>
    internal QuantizedMatrix(int outputWidth, int inputWidth, ProductFormat format)
        : base(outputWidth, inputWidth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputWidth, LargestInputWidth);
        Format = format;
        (stepWidth, stepCount, Largest) = Steps(inputWidth, format);
        storage = AlignedMemory<sbyte>.Lasting((long)PanelCount * PanelBytes);
        scales = new AlignedMemory<float>(PanelCount * PanelWidth);
        weightSums = new AlignedMemory<int>(PanelCount * PanelWidth);
    }

    /// <summary>A stored weight; <see cref="StoredWeight"/> has checked the sizes.</summary>
    internal QuantizedMatrix(int outputWidth, int inputWidth, ProductFormat format, MappedMemory file, StoredParts parts)
        : base(outputWidth, inputWidth)
    {
        Format = format;
        (stepWidth, stepCount, Largest) = Steps(inputWidth, format);
        storage = AlignedMemory<sbyte>.Mapped(file, parts.Panels, (long)PanelCount * PanelBytes);
        scales = AlignedMemory<float>.Mapped(file, parts.Scales, PanelCount * PanelWidth);
        weightSums = format != ProductFormat.Int8Exact ? AlignedMemory<int>.Mapped(file, parts.WeightSums, PanelCount * PanelWidth) : new AlignedMemory<int>(PanelCount * PanelWidth);
    }

    private QuantizedMatrix(QuantizedMatrix source, int outputWidth, QuantizedMatrix? reused)
        : base(outputWidth, source.InputWidth)
    {
        (Format, stepWidth, stepCount, Largest) = (source.Format, source.stepWidth, source.stepCount, source.Largest);
        storage = AlignedMemory<sbyte>.Reuse(reused?.storage, (long)PanelCount * PanelBytes);
        scales = AlignedMemory<float>.Reuse(reused?.scales, PanelCount * PanelWidth);
        weightSums = AlignedMemory<int>.Reuse(reused?.weightSums, PanelCount * PanelWidth);
    }

    /// <inheritdoc/>
    public override ProductFormat Format { get; }

    /// <summary>[N], filled up to whole panels: what the integers of an output count.</summary>
    internal override ReadOnlySpan<float> Scales => scales.Values;

    /// <summary>[N], filled up to whole panels: the sum of an output's integers, which its products have too much as often as the integer of a row's zero says; not used in <see cref="ProductFormat.Int8Exact"/>, where zero is 0.</summary>
    internal override ReadOnlySpan<int> WeightSums => weightSums.Values;

    internal override ReadOnlySpan<byte> PanelContent => MemoryMarshal.AsBytes(storage.Values);

    /// <summary>The largest integer of a weight.</summary>
    internal int Largest { get; }

    private int StepBytes => stepWidth * PanelWidth;

    private int PanelBytes => stepCount * StepBytes;

    internal override void SetPanel(int panel, ReadOnlySpan<float> rows)
    {
        var bytes = storage.Span.Slice(panel * PanelBytes, PanelBytes);
        bytes.Clear();
        scales.Span.Slice(panel * PanelWidth, PanelWidth).Clear();
        weightSums.Span.Slice(panel * PanelWidth, PanelWidth).Clear();
        for (var column = 0; column < rows.Length / Math.Max(1, InputWidth); column++)
            SetRow(panel * PanelWidth + column, rows.Slice(column * InputWidth, InputWidth), bytes[(column * stepWidth)..]);
    }

    private void SetRow(int output, ReadOnlySpan<float> row, Span<sbyte> panel)
    {
        var extent = WeightScale.Measure(row);
        if (extent.Magnitude < QuantizedRows.SmallestMagnitude)
            return; // as good as zero, which the panel is
        if (!float.IsFinite(extent.Magnitude))
        {
            scales.Span[output] = float.NaN;
            return;
        }

        switch (Format)
        {
            case ProductFormat.Int8: SetPairs(output, row, extent, panel); break;
            case ProductFormat.Int8Quads: SetQuads(output, row, extent, panel); break;
            default: SetShorts(output, row, extent.Magnitude, panel); break;
        }
    }

    private void SetPairs(int output, ReadOnlySpan<float> row, WeightExtent extent, Span<sbyte> panel)
    {
        using var pairs = new WeightPairs(row);
        var magnitude = pairs.FindScale(extent);
        scales.Span[output] = magnitude / Largest;
        var rented = ArrayPool<short>.Shared.Rent(2 * pairs.HalfWidth);
        weightSums.Span[output] = pairs.Round(Largest / magnitude, rented);
        Scatter(rented.AsSpan(0, pairs.HalfWidth), rented.AsSpan(pairs.HalfWidth, pairs.HalfWidth), panel, first: 0, distance: 1);
        ArrayPool<short>.Shared.Return(rented);
    }

    // Four pairs at a time, two steps: the first one and every so many further on.
    private unsafe void Scatter(ReadOnlySpan<short> evens, ReadOnlySpan<short> odds, Span<sbyte> panel, int first, int distance)
    {
        const ulong LowBytes = 0x00FF00FF00FF00FF;
        var even = MemoryMarshal.Cast<short, ulong>(evens);
        var odd = MemoryMarshal.Cast<short, ulong>(odds);
        var stepBytes = (nint)StepBytes;
        Debug.Assert(panel.Length >= (stepCount - 1) * stepBytes + sizeof(uint), "the panel has all steps");
        fixed (sbyte* start = panel)
        {
            for (int step = first, i = 0; step < stepCount; step += 2 * distance, i++)
            {
                var bytes = (even[i] & LowBytes) | ((odd[i] & LowBytes) << 8);
                *(uint*)(start + step * stepBytes) = (uint)bytes;
                if (step + distance < stepCount)
                    *(uint*)(start + (step + distance) * stepBytes) = (uint)(bytes >> 32);
            }
        }
    }

    private void SetQuads(int output, ReadOnlySpan<float> row, WeightExtent extent, Span<sbyte> panel)
    {
        using var quads = new WeightQuads(row);
        var magnitude = quads.FindScale(extent);
        scales.Span[output] = magnitude / Largest;
        var rented = ArrayPool<short>.Shared.Rent(WeightQuads.Count * quads.Width);
        weightSums.Span[output] = quads.Round(Largest / magnitude, rented);
        Scatter(rented.AsSpan(0, quads.Width), rented.AsSpan(quads.Width, quads.Width), panel, first: 0, distance: 2);
        Scatter(rented.AsSpan(2 * quads.Width, quads.Width), rented.AsSpan(3 * quads.Width, quads.Width), panel, first: 1, distance: 2);
        ArrayPool<short>.Shared.Return(rented);
    }

    private unsafe void SetShorts(int output, ReadOnlySpan<float> row, float magnitude, Span<sbyte> panel)
    {
        magnitude = WeightScale.Find(row, magnitude, Largest);
        scales.Span[output] = magnitude / Largest;
        Span<short> rounded = stackalloc short[ChunkElements];
        Span<sbyte> narrow = stackalloc sbyte[ChunkElements];
        for (var first = 0; first < row.Length; first += ChunkElements)
        {
            var count = Math.Min(ChunkElements, row.Length - first);
            rounded.Clear();
            QuantizedRows.Round(row.Slice(first, count), Largest / magnitude, rounded);
            TensorPrimitives.Clamp(rounded, (short)-Largest, (short)Largest, rounded);
            TensorPrimitives.ConvertTruncating<short, sbyte>(rounded, narrow);
            var steps = MemoryMarshal.Cast<sbyte, short>(narrow[..((count + 1) / 2 * 2)]);
            Debug.Assert(first / stepWidth + steps.Length <= stepCount, "the panel has all steps");
            fixed (sbyte* to = panel[(first / stepWidth * StepBytes)..])
            {
                for (nint i = 0, stepBytes = StepBytes; i < steps.Length; i++)
                    *(short*)(to + i * stepBytes) = steps[(int)i];
            }
        }
    }

    internal override void ReadRow(int output, int first, Span<float> destination)
    {
        var (panel, column) = Math.DivRem(output, PanelWidth);
        var weights = storage.Values.Slice(panel * PanelBytes, PanelBytes);
        var scale = scales.Values[output];
        for (var i = 0; i < destination.Length; i++)
        {
            var (step, component) = Math.DivRem(first + i, stepWidth);
            destination[i] = weights[step * StepBytes + column * stepWidth + component] * scale;
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
            weightSums.Span.Slice(first + filled, PanelWidth - filled).Clear();
        }

        for (var i = 0; i < filled; i++)
        {
            var output = outputs[i];
            (scales.Span[first + i], weightSums.Span[first + i]) = (whole.scales.Values[output], whole.weightSums.Values[output]);
            var from = whole.storage.Values.Slice(output / PanelWidth * PanelBytes, PanelBytes)[(output % PanelWidth * stepWidth)..];
            CopySteps(from, to[(i * stepWidth)..]);
        }
    }

    // A step's components of one output lie side by side, from step to step they are a whole step apart.
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

    internal override unsafe void Multiply(float* input, ProductWorkspace workspace, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead)
    {
        fixed (sbyte* weights = storage.Values)
        fixed (byte* quantized = workspace.Rows.Bytes)
        fixed (float* rowScales = workspace.Rows.Scales, columnScales = scales.Values)
        fixed (int* rowZeros = workspace.Rows.Zeros, columnSums = weightSums.Values)
        {
            var operands = new ProductOperands { Input = quantized, InputRowBytes = workspace.Rows.RowBytes, Weight = (byte*)weights, PanelBytes = PanelBytes, StepCount = stepCount };
            var scaled = target.ForIntegers(rowScales, rowZeros, columnScales, columnSums);
            if (Format == ProductFormat.Int8Exact)
                MultiplyShorts(operands, scaled, rows, panels, ahead);
            else if (Format == ProductFormat.Int8Quads && InstructionSets.Products != ProductCode.Compiled)
                ProductDriver.MultiplyByCode<StepKinds.Quads>(operands, scaled, rows, panels, ahead);
            else
                MultiplyBytes(operands, scaled, rows, panels, ahead);
        }
    }

    private static (int Width, int Count, int Largest) Steps(int inputWidth, ProductFormat format)
    {
        var (width, largest) = format == ProductFormat.Int8Exact ? (2, ExactLargest) : (4, WeightPairs.Largest);
        return (width, (inputWidth + width - 1) / width, largest);
    }

    private static void MultiplyBytes(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead)
    {
        if (InstructionSets.Products != ProductCode.Compiled)
        {
            ProductDriver.MultiplyByCode<StepKinds.Bytes>(operands, target, rows, panels, ahead);
            return;
        }

        switch (InstructionSets.Current)
        {
            case not InstructionSet.Scalar when InstructionSets.HasByteProducts:
                ProductDriver.Multiply<ProductTile<ByteSteps.AvxVnniStep, Integers256, TileShapes.SixRows>, Lanes256>(operands, target, rows, panels, ahead);
                break;
            case InstructionSet.Avx512:
                ProductDriver.Multiply<ProductTile<ByteSteps.Avx512Step, Vector512<int>, TileShapes.SixRowsOfFour>, Lanes512>(operands, target, rows, panels, ahead);
                break;
            case InstructionSet.Avx2:
                ProductDriver.Multiply<ProductTile<ByteSteps.Avx2Step, Integers256, TileShapes.FourRows>, Lanes256>(operands, target, rows, panels, ahead);
                break;
            default:
                ProductDriver.Multiply<ProductTile<ByteSteps.ScalarStep, ScalarIntegers, TileShapes.FourRows>, ScalarLanes>(operands, target, rows, panels, ahead);
                break;
        }
    }

    private static void MultiplyShorts(in ProductOperands operands, in ProductTarget target, IndexRange rows, IndexRange panels, in ReadAhead ahead)
    {
        if (InstructionSets.Products != ProductCode.Compiled)
        {
            ProductDriver.MultiplyByCode<StepKinds.Shorts>(operands, target, rows, panels, ahead);
            return;
        }

        switch (InstructionSets.Current)
        {
            case InstructionSet.Avx512:
                ProductDriver.Multiply<ProductTile<ShortSteps.Avx512Step, Vector512<int>, TileShapes.SixRowsOfFour>, Lanes512>(operands, target, rows, panels, ahead);
                break;
            case InstructionSet.Avx2:
                ProductDriver.Multiply<ProductTile<ShortSteps.Avx2Step, Integers256, TileShapes.FourRows>, Lanes256>(operands, target, rows, panels, ahead);
                break;
            default:
                ProductDriver.Multiply<ProductTile<ShortSteps.ScalarStep, ScalarIntegers, TileShapes.SixRows>, ScalarLanes>(operands, target, rows, panels, ahead);
                break;
        }
    }
}
