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

    private static void Check(int sourceLength, int destinationLength)
    {
        if (sourceLength != destinationLength)
            throw new ArgumentException($"{sourceLength} numbers do not fill {destinationLength} elements.", nameof(destinationLength));
    }
}
