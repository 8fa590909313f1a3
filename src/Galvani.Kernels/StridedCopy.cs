using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Gathers elements that lie a fixed distance apart, or at given places.</summary>
public static class StridedCopy
{
    /// <summary>
    /// Copies element i of <paramref name="destination"/> from element i x <paramref name="stride"/> of <paramref name="source"/>, for as many
    /// elements as the destination holds. Stride 0 repeats the first element. The spans must not overlap.
    /// </summary>
    /// <param name="source">The bytes, starting at the first element taken.</param>
    /// <param name="elementBytes">The size of an element: 1, 2, 4, 8 or 16 bytes.</param>
    /// <param name="stride">The distance of elements, in elements, 0 or more.</param>
    /// <param name="destination">The gathered elements; its length is a multiple of <paramref name="elementBytes"/>.</param>
    /// <exception cref="ArgumentException">The element size is none of these, or the source is too short.</exception>
    public static void Gather(ReadOnlySpan<byte> source, int elementBytes, int stride, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        switch (elementBytes)
        {
            case 1: Gather<byte>(source, stride, destination); break;
            case 2: Gather<ushort>(source, stride, destination); break;
            case 4: Gather<uint>(source, stride, destination); break;
            case 8: Gather<ulong>(source, stride, destination); break;
            case 16: Gather<UInt128>(source, stride, destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(elementBytes), elementBytes, "An element has 1, 2, 4, 8 or 16 bytes.");
        }
    }

    /// <summary>
    /// Copies element i of <paramref name="destination"/> from element <paramref name="places"/>[i] of <paramref name="source"/>, for as many elements as there are places. The spans must not overlap.
    /// </summary>
    /// <param name="source">The bytes, from the element that places count from.</param>
    /// <param name="elementBytes">The size of an element: 1, 2, 4, 8 or 16 bytes.</param>
    /// <param name="places">Where the elements lie, in elements.</param>
    /// <param name="destination">The gathered elements.</param>
    /// <exception cref="ArgumentException">The element size is none of these, or the destination has another length.</exception>
    /// <exception cref="IndexOutOfRangeException">A place is outside the source.</exception>
    public static void Gather(ReadOnlySpan<byte> source, int elementBytes, ReadOnlySpan<int> places, Span<byte> destination)
    {
        if (destination.Length != (long)places.Length * elementBytes)
            throw new ArgumentException($"The destination has {destination.Length} bytes for {places.Length} elements of {elementBytes}.", nameof(destination));
        switch (elementBytes)
        {
            case 1: Gather<byte>(source, places, destination); break;
            case 2: Gather<ushort>(source, places, destination); break;
            case 4: Gather<uint>(source, places, destination); break;
            case 8: Gather<ulong>(source, places, destination); break;
            case 16: Gather<UInt128>(source, places, destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(elementBytes), elementBytes, "An element has 1, 2, 4, 8 or 16 bytes.");
        }
    }

    private static void Gather<T>(ReadOnlySpan<byte> sourceBytes, ReadOnlySpan<int> places, Span<byte> destinationBytes)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(sourceBytes);
        var destination = MemoryMarshal.Cast<byte, T>(destinationBytes)[..places.Length];
        for (var i = 0; i < places.Length; i++)
            destination[i] = source[places[i]];
    }

    private static void Gather<T>(ReadOnlySpan<byte> sourceBytes, int stride, Span<byte> destinationBytes)
        where T : unmanaged
    {
        var source = MemoryMarshal.Cast<byte, T>(sourceBytes);
        var destination = MemoryMarshal.Cast<byte, T>(destinationBytes);
        if (destination.IsEmpty)
            return;
        if ((long)(destination.Length - 1) * stride >= source.Length)
            throw new ArgumentException($"{destination.Length} elements at stride {stride} need more than the {source.Length} elements given.", nameof(sourceBytes));
        if (stride == 0)
        {
            destination.Fill(source[0]);
            return;
        }

        for (int i = 0, from = 0; i < destination.Length; i++, from += stride)
            destination[i] = source[from];
    }
}
