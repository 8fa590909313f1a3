using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// Rows quantised for a product, each with a scale of its own. In the fast format 0 to 255 spans what lies between a row's smallest and largest number, zero included, which an integer of the row's own stands for
/// exactly; in the exact one 16 bits are used as far as no sum can leave 32. Grows to the largest product met and is used again.
/// </summary>
internal sealed class QuantizedRows
{
    /// <summary>Rows with nothing larger are taken as zero: the reciprocal of their scale would be no number.</summary>
    public const float SmallestMagnitude = 1e-30f;

    private const int LargestWeight = 127;
    private AlignedMemory<byte> bytes = new(0);
    private AlignedMemory<float> scales = new(0);
    private AlignedMemory<int> zeros = new(0);

    /// <summary>From a row to the next.</summary>
    public int RowBytes { get; private set; }

    /// <summary>[R, RowBytes]: bytes (fast) or integers of 16 bits (exact), filled up with what stands for zero.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <summary>[R].</summary>
    public ReadOnlySpan<float> Scales => scales.Span;

    /// <summary>[R]: the integer that stands for zero.</summary>
    public ReadOnlySpan<int> Zeros => zeros.Span;

    /// <summary>The largest integer of a row in the exact format: with K products of it and of the largest weight a sum still fits 32 bits.</summary>
    public static int LargestInteger(int width) => Math.Min(short.MaxValue, int.MaxValue / (LargestWeight * width));

    /// <summary>Quantises rows. A row that has a NaN or an infinity gets NaN as its scale.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="width">K, at least 1.</param>
    /// <param name="format">A format of 8 bits.</param>
    public void Quantize(ReadOnlySpan<float> input, int width, ProductFormat format)
    {
        var (rowCount, elementBytes) = (input.Length / width, format == ProductFormat.Int8Exact ? sizeof(short) : sizeof(byte));
        RowBytes = checked((width + LaneMath.LaneCount - 1) / LaneMath.LaneCount * LaneMath.LaneCount * elementBytes);
        if (bytes.Count < (long)rowCount * RowBytes)
            bytes = new AlignedMemory<byte>((long)rowCount * RowBytes);
        if (scales.Count < rowCount)
            (scales, zeros) = (new AlignedMemory<float>(rowCount), new AlignedMemory<int>(rowCount));
        switch (InstructionSets.Current)
        {
            case InstructionSet.Avx512: Quantize<Lanes512>(input, width, format); break;
            case InstructionSet.Avx2: Quantize<Lanes256>(input, width, format); break;
            default: Quantize<ScalarLanes>(input, width, format); break;
        }
    }

    /// <summary>Each number times a factor, rounded to nearest (even when halfway).</summary>
    /// <param name="row">[N], from -127 to 127 once multiplied.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="rounded">[N] and room up to whole lanes, which is filled with zeros.</param>
    public static unsafe void Round(ReadOnlySpan<float> row, float factor, Span<short> rounded)
    {
        fixed (float* source = row)
        fixed (short* destination = rounded)
        {
            switch (InstructionSets.Current)
            {
                case InstructionSet.Avx512: Store<Lanes512>(source, row.Length, factor, destination); break;
                case InstructionSet.Avx2: Store<Lanes256>(source, row.Length, factor, destination); break;
                default: Store<ScalarLanes>(source, row.Length, factor, destination); break;
            }
        }
    }

    private unsafe void Quantize<TLanes>(ReadOnlySpan<float> input, int width, ProductFormat format)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        fixed (float* source = input)
        fixed (byte* destination = bytes.Span)
        {
            for (var row = 0; row < input.Length / width; row++)
            {
                var x = source + (nint)row * width;
                Range<TLanes>(x, width, out var smallest, out var largest);
                if (format == ProductFormat.Int8Exact)
                    Store<TLanes>(x, width, Scale(row, MathF.Max(largest, -smallest), LargestInteger(width), zero: 0), (short*)(destination + (nint)row * RowBytes));
                else
                    Store<TLanes>(x, width, Scale(row, largest - smallest, byte.MaxValue, smallest), zeros.Span[row], destination + (nint)row * RowBytes);
            }
        }
    }

    /// <summary>Notes what an integer of a row is worth and which one is its zero.</summary>
    /// <param name="row">The row.</param>
    /// <param name="extent">What the integers span.</param>
    /// <param name="steps">How many steps they have for it.</param>
    /// <param name="zero">The number that the integer 0 stands for.</param>
    /// <returns>What numbers are to be multiplied by.</returns>
    private float Scale(int row, float extent, int steps, float zero)
    {
        var isNothing = extent < SmallestMagnitude;
        scales.Span[row] = isNothing ? 0 : extent / steps;
        var factor = isNothing ? 0 : steps / extent;
        zeros.Span[row] = isNothing || float.IsNaN(extent) ? 0 : (int)MathF.Round(-zero * factor);
        return factor;
    }

    /// <summary>What a row's numbers lie between, zero included; NaN where a number is not finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Range<TLanes>(float* row, int width, out float smallest, out float largest)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes low = default, high = default, broken = default;
        for (var k = 0; k < width; k += LaneMath.LaneCount)
        {
            var x = k <= width - LaneMath.LaneCount ? TLanes.Load(row + k) : TLanes.LoadPartial(row + k, width - k, filler: default);
            low = TLanes.Min(low, x);
            high = TLanes.Max(high, x);
            broken += x * default(TLanes); // zero, or NaN for good
        }

        var sum = TLanes.Sum(broken);
        largest = float.IsNaN(sum) ? sum : TLanes.Maximum(high);
        smallest = float.IsNaN(sum) ? sum : -TLanes.Maximum(default(TLanes) - low);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Store<TLanes>(float* row, int width, float factor, int zero, byte* destination)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var k = 0;
        var factors = TLanes.Create(factor);
        for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
            TLanes.StoreBytes(TLanes.Load(row + k) * factors, zero, destination + k);
        if (k < width)
            TLanes.StoreBytes(TLanes.LoadPartial(row + k, width - k, filler: default) * factors, zero, destination + k);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Store<TLanes>(float* row, int width, float factor, short* destination)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var k = 0;
        var factors = TLanes.Create(factor);
        for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
            TLanes.StoreShorts(TLanes.Load(row + k) * factors, destination + k);
        if (k < width)
            TLanes.StoreShorts(TLanes.LoadPartial(row + k, width - k, filler: default) * factors, destination + k);
    }
}
