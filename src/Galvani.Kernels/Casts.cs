using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// Little-endian bytes of a file as numbers. The destination decides how many elements are read; the source must hold exactly as many. Source bytes may
/// be unaligned.
/// </summary>
public static class Casts
{
    /// <summary>binary32 elements, copied.</summary>
    /// <param name="source">4 bytes an element.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromFloat32(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length, sizeof(float));
        source.CopyTo(MemoryMarshal.AsBytes(destination));
    }

    /// <summary>binary16 elements, widened exactly.</summary>
    /// <param name="source">2 bytes an element.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromFloat16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length, sizeof(ushort));
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
    }

    /// <summary>bfloat16 elements, widened exactly: the upper half of a binary32.</summary>
    /// <param name="source">2 bytes an element.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromBFloat16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length, sizeof(ushort));
        var halves = MemoryMarshal.Cast<byte, ushort>(source);
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var i = 0;
        // 16 elements a step: each half of the vector is widened to 32 bits and shifted into the upper half.
        for (; i <= halves.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Create(halves[i..]));
            (lower << 16).CopyTo(bits[i..]);
            (upper << 16).CopyTo(bits[(i + Vector256<uint>.Count)..]);
        }

        for (; i < bits.Length; i++)
            bits[i] = (uint)halves[i] << 16;
    }

    /// <summary>binary64 elements, rounded to the nearest binary32.</summary>
    /// <param name="source">8 bytes an element.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromFloat64(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length, sizeof(double));
        for (var i = 0; i < destination.Length; i++)
            destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(i * sizeof(double))..]);
    }

    /// <summary>Signed integers of 1, 2, 4 or 8 bytes, rounded to the nearest binary32.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="elementBytes">1, 2, 4 or 8.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromInteger(ReadOnlySpan<byte> source, int elementBytes, Span<float> destination)
    {
        Check(source.Length, destination.Length, elementBytes);
        switch (elementBytes)
        {
            case 1:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = (sbyte)source[i];
                break;
            case 2:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = BinaryPrimitives.ReadInt16LittleEndian(source[(2 * i)..]);
                break;
            case 4:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]);
                break;
            case 8:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(elementBytes), elementBytes, "Integers have 1, 2, 4 or 8 bytes.");
        }
    }

    /// <summary>Unsigned integers of 2, 4 or 8 bytes, rounded once to the nearest binary32, ties to even.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="elementBytes">2, 4 or 8; <see cref="FromUInt8"/> takes bytes.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromUnsignedInteger(ReadOnlySpan<byte> source, int elementBytes, Span<float> destination)
    {
        Check(source.Length, destination.Length, elementBytes);
        for (var i = 0; i < destination.Length; i++)
        {
            var element = source.Slice(i * elementBytes, elementBytes);
            destination[i] = elementBytes switch
            {
                2 => BinaryPrimitives.ReadUInt16LittleEndian(element),
                4 => (float)(double)BinaryPrimitives.ReadUInt32LittleEndian(element), // exact in binary64
                8 => Round(BinaryPrimitives.ReadUInt64LittleEndian(element)),
                _ => throw new ArgumentOutOfRangeException(nameof(elementBytes), elementBytes, "Unsigned integers have 2, 4 or 8 bytes."),
            };
        }
    }

    /// <summary>Bytes as numbers from 0 to 255.</summary>
    /// <param name="source">1 byte an element.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromUInt8(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length, sizeof(byte));
        for (var i = 0; i < destination.Length; i++)
            destination[i] = source[i];
    }

    /// <summary>Truth values of one byte each as 0 and 1; any byte but 0 is true.</summary>
    /// <param name="source">1 byte an element.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromBool(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length, sizeof(byte));
        for (var i = 0; i < destination.Length; i++)
            destination[i] = source[i] == 0 ? 0f : 1f;
    }

    /// <summary>The binary32 numbers in the bytes themselves, without a copy, where the bytes are aligned for it.</summary>
    /// <param name="source">4 bytes an element.</param>
    /// <param name="numbers">The same memory as numbers.</param>
    /// <returns>False where the bytes are unaligned or no whole number of elements.</returns>
    public static unsafe bool TryViewFloat32(ReadOnlySpan<byte> source, out ReadOnlySpan<float> numbers)
    {
        fixed (byte* start = source)
        {
            if (((nuint)start & (sizeof(float) - 1)) != 0 || source.Length % sizeof(float) != 0)
            {
                numbers = default;
                return false;
            }
        }

        numbers = MemoryMarshal.Cast<byte, float>(source);
        return true;
    }

    /// <summary>Numbers as the bytes that a little-endian file has of them, without a copy.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <returns>4 bytes an element, the same memory.</returns>
    /// <exception cref="PlatformNotSupportedException">This machine is big-endian.</exception>
    public static ReadOnlySpan<byte> ViewBytes(ReadOnlySpan<float> numbers) =>
        BitConverter.IsLittleEndian ? MemoryMarshal.AsBytes(numbers) : throw new PlatformNotSupportedException("Numbers are viewed as little-endian bytes, this machine is big-endian.");

    /// <summary>By way of binary64 it would be rounded twice: so the bits that do not fit there are first gathered in its last one, which tells that there were any.</summary>
    private static float Round(ulong value)
    {
        const int DroppedBits = 11; // 64 - 53
        if (value >> (64 - DroppedBits) == 0)
            return (float)(double)value;
        var gathered = (value >> DroppedBits) | ((value & ((1 << DroppedBits) - 1)) == 0 ? 0UL : 1UL);
        return (float)((double)gathered * (1 << DroppedBits));
    }

    private static void Check(int sourceBytes, int elementCount, int elementBytes)
    {
        if (sourceBytes != (long)elementCount * elementBytes)
            throw new ArgumentException($"{sourceBytes} bytes are not {elementCount} elements of {elementBytes} bytes.", nameof(sourceBytes));
    }
}
