using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>Rows quantised for a product, each with a scale of its own. Grows to the largest product met and is used again.</summary>
internal sealed class QuantizedRows
{
    /// <summary>What zero is in the fast format.</summary>
    public const int Zero = 128;

    /// <summary>Rows with nothing larger are taken as zero: the reciprocal of their scale would be no number.</summary>
    public const float SmallestMagnitude = 1e-30f;

    private const int Largest = 127;
    private AlignedMemory<byte> bytes = new(0);
    private AlignedMemory<float> scales = new(0);

    /// <summary>From a row to the next.</summary>
    public int RowBytes { get; private set; }

    /// <summary>[R, RowBytes]: bytes (fast) or integers of 16 bits (exact), filled up with zeros of the format.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.Span;

    /// <summary>[R].</summary>
    public ReadOnlySpan<float> Scales => scales.Span;

    /// <summary>Quantises rows: the largest magnitude of each becomes 127. A row that has a NaN or an infinity gets NaN as its scale.</summary>
    /// <param name="input">[R, K].</param>
    /// <param name="width">K, at least 1.</param>
    /// <param name="format">A format of 8 bits.</param>
    public void Quantize(ReadOnlySpan<float> input, int width, ProductFormat format)
    {
        var (rowCount, elementBytes) = (input.Length / width, format == ProductFormat.Int8 ? sizeof(byte) : sizeof(short));
        RowBytes = checked((width + LaneMath.LaneCount - 1) / LaneMath.LaneCount * LaneMath.LaneCount * elementBytes);
        if (bytes.Count < (long)rowCount * RowBytes)
            bytes = new AlignedMemory<byte>((long)rowCount * RowBytes);
        if (scales.Count < rowCount)
            scales = new AlignedMemory<float>(rowCount);
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
                var magnitude = Magnitude<TLanes>(x, width);
                var isZero = magnitude < SmallestMagnitude;
                scales.Span[row] = isZero ? 0 : magnitude / Largest;
                var factor = isZero ? 0 : Largest / magnitude;
                if (format == ProductFormat.Int8)
                    Store<TLanes>(x, width, factor, destination + (nint)row * RowBytes);
                else
                    Store<TLanes>(x, width, factor, (short*)(destination + (nint)row * RowBytes));
            }
        }
    }

    /// <summary>The largest magnitude; NaN where a number is not finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe float Magnitude<TLanes>(float* row, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes largest = default, broken = default;
        for (var k = 0; k < width; k += LaneMath.LaneCount)
        {
            var x = k <= width - LaneMath.LaneCount ? TLanes.Load(row + k) : TLanes.LoadPartial(row + k, width - k, filler: default);
            largest = TLanes.Max(largest, TLanes.Max(x, default(TLanes) - x));
            broken += x * default(TLanes); // zero, or NaN for good
        }

        var magnitude = TLanes.Sum(broken);
        return float.IsNaN(magnitude) ? magnitude : TLanes.Maximum(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Store<TLanes>(float* row, int width, float factor, byte* destination)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var k = 0;
        var factors = TLanes.Create(factor);
        for (; k <= width - LaneMath.LaneCount; k += LaneMath.LaneCount)
            TLanes.StoreBytes(TLanes.Load(row + k) * factors, destination + k);
        if (k < width)
            TLanes.StoreBytes(TLanes.LoadPartial(row + k, width - k, filler: default) * factors, destination + k);
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
