using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Numbers as binary64, exactly.</summary>
public static class WideningCasts
{
    /// <summary>binary32 to binary64.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">As many.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ToFloat64(ReadOnlySpan<float> source, Span<double> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Create(source[i..]));
            lower.CopyTo(destination[i..]);
            upper.CopyTo(destination[(i + Vector256<double>.Count)..]);
        }

        for (; i < source.Length; i++)
            destination[i] = source[i];
    }

    /// <summary>Little-endian binary64 elements of a file, copied.</summary>
    /// <param name="source">8 bytes an element; may be unaligned.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void FromFloat64(ReadOnlySpan<byte> source, Span<double> destination)
    {
        if (source.Length != (long)destination.Length * sizeof(double))
            throw new ArgumentException($"{source.Length} bytes are not {destination.Length} elements of {sizeof(double)} bytes.", nameof(source));
        for (var i = 0; i < destination.Length; i++)
            destination[i] = BinaryPrimitives.ReadDoubleLittleEndian(source[(i * sizeof(double))..]);
    }

    /// <summary>Little-endian integers of 4 or 8 bytes; those beyond 2^53 are rounded once to the nearest binary64, ties to even.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="elementBytes">4 or 8.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or the element size is another.</exception>
    public static void FromInteger(ReadOnlySpan<byte> source, int elementBytes, Span<double> destination)
    {
        CheckBytes(source.Length, destination.Length, elementBytes);
        for (var i = 0; i < destination.Length; i++)
            destination[i] = elementBytes == 4 ? BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]) : BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]);
    }

    /// <summary>Little-endian unsigned integers of 4 or 8 bytes; those beyond 2^53 are rounded once to the nearest binary64, ties to even.</summary>
    /// <param name="source">The elements.</param>
    /// <param name="elementBytes">4 or 8.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or the element size is another.</exception>
    public static void FromUnsignedInteger(ReadOnlySpan<byte> source, int elementBytes, Span<double> destination)
    {
        CheckBytes(source.Length, destination.Length, elementBytes);
        for (var i = 0; i < destination.Length; i++)
            destination[i] = elementBytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(source[(4 * i)..]) : BinaryPrimitives.ReadUInt64LittleEndian(source[(8 * i)..]);
    }

    private static void CheckBytes(int byteCount, int elementCount, int elementBytes)
    {
        if (elementBytes is not (4 or 8))
            throw new ArgumentOutOfRangeException(nameof(elementBytes), elementBytes, "Integers have 4 or 8 bytes here; those of fewer are widened by way of binary32.");
        if (byteCount != (long)elementCount * elementBytes)
            throw new ArgumentException($"{byteCount} bytes are not {elementCount} elements of {elementBytes} bytes.", nameof(byteCount));
    }

    private static void Check(int sourceLength, int destinationLength)
    {
        if (sourceLength != destinationLength)
            throw new ArgumentException($"{sourceLength} numbers do not fill {destinationLength} elements.", nameof(destinationLength));
    }
}
