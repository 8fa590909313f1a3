using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// Numbers as little-endian elements of a narrower type, each rounded once, to nearest, ties to even (IEEE 754). A finite number beyond the type's range becomes an
/// infinity, as the rounding demands; each method returns how many did. NaN stays NaN. The destination must hold exactly the elements; it may be unaligned.
/// </summary>
public static class NarrowingCasts
{
    // The least magnitudes that round to infinity: half a unit above the largest finite number.
    private const float Float16Limit = 65520f;
    private const uint BFloat16LimitBits = 0x7F7F8000;
    private const uint InfinityBits = 0x7F800000;

    /// <summary>binary32 to binary32: a copy.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">4 bytes an element.</param>
    /// <returns>0.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToFloat32(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(float));
        MemoryMarshal.AsBytes(source).CopyTo(destination);
        return 0;
    }

    /// <summary>binary32 to binary16.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">2 bytes an element.</param>
    /// <returns>How many finite numbers became infinite.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToFloat16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(ushort));
        TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
        return CountOverflows(source, Float16Limit);
    }

    /// <summary>binary32 to bfloat16.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">2 bytes an element.</param>
    /// <returns>How many finite numbers became infinite.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToBFloat16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(ushort));
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var halves = MemoryMarshal.Cast<byte, ushort>(destination);
        var i = 0;
        // 16 elements a step: two vectors of rounded upper halves, narrowed into one.
        for (; i <= bits.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var lower = UpperHalf(Vector256.Create(bits[i..]));
            var upper = UpperHalf(Vector256.Create(bits[(i + Vector256<uint>.Count)..]));
            Vector256.Narrow(lower, upper).CopyTo(halves[i..]);
        }

        for (; i < bits.Length; i++)
            halves[i] = UpperHalf(bits[i]);
        return CountOverflows(source, BitConverter.UInt32BitsToSingle(BFloat16LimitBits));
    }

    /// <summary>binary64 to binary64: a copy.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">8 bytes an element.</param>
    /// <returns>0.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToFloat64(ReadOnlySpan<double> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(double));
        MemoryMarshal.AsBytes(source).CopyTo(destination);
        return 0;
    }

    /// <summary>binary64 to binary32.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">4 bytes an element.</param>
    /// <returns>How many finite numbers became infinite.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToFloat32(ReadOnlySpan<double> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(float));
        var singles = MemoryMarshal.Cast<byte, float>(destination);
        var i = 0;
        for (; i <= source.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            Vector256.Narrow(Vector256.Create(source[i..]), Vector256.Create(source[(i + Vector256<double>.Count)..])).CopyTo(singles[i..]);
        for (; i < source.Length; i++)
            singles[i] = (float)source[i];
        var overflows = 0L;
        for (var j = 0; j < source.Length; j++)
            overflows += float.IsInfinity(singles[j]) && double.IsFinite(source[j]) ? 1 : 0;
        return overflows;
    }

    /// <summary>binary64 to binary16, rounded once.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">2 bytes an element.</param>
    /// <returns>How many finite numbers became infinite.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToFloat16(ReadOnlySpan<double> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(ushort));
        var overflows = 0L;
        for (var i = 0; i < source.Length; i++)
        {
            var half = (Half)source[i];
            overflows += Half.IsInfinity(half) && double.IsFinite(source[i]) ? 1 : 0;
            BinaryPrimitives.WriteHalfLittleEndian(destination[(i * sizeof(ushort))..], half);
        }

        return overflows;
    }

    /// <summary>binary64 to bfloat16, rounded once.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">2 bytes an element.</param>
    /// <returns>How many finite numbers became infinite.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static long ToBFloat16(ReadOnlySpan<double> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length, sizeof(ushort));
        var overflows = 0L;
        for (var i = 0; i < source.Length; i++)
        {
            var half = UpperHalf(BitConverter.SingleToUInt32Bits(RoundToOdd(source[i])));
            overflows += (half & 0x7FFF) == InfinityBits >> 16 && double.IsFinite(source[i]) ? 1 : 0;
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(i * sizeof(ushort))..], half);
        }

        return overflows;
    }

    /// <summary>
    /// The binary32 next to a number on the side of zero, its last bit set where it is not exact. Rounding that once more to a type with two bits less or fewer gives what
    /// rounding the number itself would: the last bit remembers that something was cut off (Boldo and Melquiond 2005).
    /// </summary>
    private static float RoundToOdd(double value)
    {
        var nearest = (float)value;
        if (nearest == value || double.IsNaN(value))
            return nearest;
        var towardsZero = Math.Abs((double)nearest) > Math.Abs(value) ? BitConverter.SingleToUInt32Bits(nearest) - 1 : BitConverter.SingleToUInt32Bits(nearest);
        return BitConverter.UInt32BitsToSingle(towardsZero | 1);
    }

    /// <summary>The upper half of binary32 bits, rounded to nearest, ties to even; a NaN keeps its sign and becomes quiet.</summary>
    private static ushort UpperHalf(uint bits)
    {
        if ((bits & 0x7FFFFFFF) > InfinityBits)
            return (ushort)(bits >> 16 | 0x40);
        return (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    private static Vector256<uint> UpperHalf(Vector256<uint> bits)
    {
        var rounded = (bits + Vector256.Create(0x7FFFu) + (bits >> 16 & Vector256.Create(1u))) >> 16;
        var isNan = Vector256.GreaterThan((bits & Vector256.Create(0x7FFFFFFFu)).AsInt32(), Vector256.Create((int)InfinityBits)).AsUInt32();
        return Vector256.ConditionalSelect(isNan, bits >> 16 | Vector256.Create(0x40u), rounded);
    }

    /// <summary>Counts finite magnitudes from a limit on; the usual case, none, costs one pass of a maximum.</summary>
    private static long CountOverflows(ReadOnlySpan<float> source, float limit)
    {
        if (source.IsEmpty || Math.Abs(TensorPrimitives.MaxMagnitudeNumber(source)) < limit)
            return 0;
        var count = 0L;
        foreach (var value in source)
            count += float.IsFinite(value) && Math.Abs(value) >= limit ? 1 : 0;
        return count;
    }

    private static void Check(int elementCount, int destinationBytes, int elementBytes)
    {
        if (destinationBytes != (long)elementCount * elementBytes)
            throw new ArgumentException($"{destinationBytes} bytes are not {elementCount} elements of {elementBytes} bytes.", nameof(destinationBytes));
    }
}
