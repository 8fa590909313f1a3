using System.Buffers;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <content>Elements as they are, of any type and any strides.</content>
public sealed partial class TensorView
{
    private const int GatheredElements = 1 << 14;

    /// <summary>The little-endian bytes of a row-major range, for any type, also those that are only recognised, and any strides.</summary>
    /// <param name="destination">A whole number of elements; as many as it has are read.</param>
    /// <param name="firstElement">The row-major index of the first.</param>
    /// <exception cref="ArgumentException">The destination is no whole number of elements.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public void CopyElements(Span<byte> destination, long firstElement = 0)
    {
        var elementBytes = DType.ElementBytes();
        if (destination.Length % elementBytes != 0)
            throw new ArgumentException($"{destination.Length} bytes are no whole number of {DType.TorchName()} elements of {elementBytes} bytes.", nameof(destination));
        CheckRange(firstElement, destination.Length / elementBytes);
        if (destination.IsEmpty)
            return;
        if (IsContiguous)
            Storage.CopyBytes((StorageOffset + firstElement) * elementBytes, destination);
        else
            StridedGather.Copy(this, firstElement, destination);
    }

    /// <summary>A row-major range of the numbers as binary64: exactly, but for integers beyond 2^53, which are rounded.</summary>
    /// <param name="destination">As many elements as it has are read.</param>
    /// <param name="firstElement">The row-major index of the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    /// <exception cref="UnsupportedCheckpointException">The type's numbers cannot be read, or it is complex.</exception>
    public void CopyTo(Span<double> destination, long firstElement = 0)
    {
        RequireReal();
        CheckRange(firstElement, destination.Length);
        var isWide = DType is DType.Float64 or DType.Int64 or DType.Int32 or DType.UInt64 or DType.UInt32;
        var buffer = ArrayPool<byte>.Shared.Rent(GatheredElements * sizeof(double));
        var singles = ArrayPool<float>.Shared.Rent(GatheredElements);
        while (!destination.IsEmpty)
        {
            var part = destination[..Math.Min(destination.Length, GatheredElements)];
            if (isWide)
                ReadWide(buffer.AsSpan(0, part.Length * DType.ElementBytes()), part, firstElement);
            else
            {
                CopyTo(singles.AsSpan(0, part.Length), firstElement);
                WideningCasts.ToFloat64(singles.AsSpan(0, part.Length), part);
            }

            destination = destination[part.Length..];
            firstElement += part.Length;
        }

        ArrayPool<float>.Shared.Return(singles);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>A row-major range of elements, exactly.</summary>
    /// <param name="destination">As many elements as it has are read.</param>
    /// <param name="firstElement">The row-major index of the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    /// <exception cref="UnsupportedCheckpointException">The type is only recognised.</exception>
    public void ReadElements(Span<TensorElement> destination, long firstElement = 0)
    {
        if (!DType.IsReadable())
            throw NotReadable(DType);
        CheckRange(firstElement, destination.Length);
        var elementBytes = DType.ElementBytes();
        Span<byte> buffer = stackalloc byte[4096];
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, buffer.Length / elementBytes);
            CopyElements(buffer[..(count * elementBytes)], firstElement);
            for (var i = 0; i < count; i++)
                destination[i] = TensorElement.Read(DType, buffer[(i * elementBytes)..]);
            destination = destination[count..];
            firstElement += count;
        }
    }

    /// <summary>One element, exactly.</summary>
    /// <param name="index">The row-major index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="UnsupportedCheckpointException">The type is only recognised.</exception>
    public TensorElement ReadElement(long index)
    {
        var element = default(TensorElement);
        ReadElements(new Span<TensorElement>(ref element), index);
        return element;
    }

    /// <summary>Types that binary32 cannot hold.</summary>
    private void ReadWide(Span<byte> buffer, Span<double> destination, long firstElement)
    {
        CopyElements(buffer, firstElement);
        if (DType == DType.Float64)
            WideningCasts.FromFloat64(buffer, destination);
        else if (DType is DType.UInt64 or DType.UInt32)
            WideningCasts.FromUnsignedInteger(buffer, DType.ElementBytes(), destination);
        else
            WideningCasts.FromInteger(buffer, DType.ElementBytes(), destination);
    }

    private void GatherSingles(Span<float> destination, long firstElement)
    {
        var elementBytes = DType.ElementBytes();
        var buffer = ArrayPool<byte>.Shared.Rent(GatheredElements * elementBytes);
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, GatheredElements);
            var gathered = buffer.AsSpan(0, count * elementBytes);
            StridedGather.Copy(this, firstElement, gathered);
            Convert(gathered, destination[..count]);
            destination = destination[count..];
            firstElement += count;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void CheckRange(long firstElement, int count)
    {
        if ((ulong)firstElement > (ulong)ElementCount)
            throw new ArgumentOutOfRangeException(nameof(firstElement), firstElement, $"The tensor has {ElementCount} elements.");
        if (count > ElementCount - firstElement)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The tensor has {ElementCount - firstElement} elements from {firstElement} on.");
    }
}
