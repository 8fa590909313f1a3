using System.Buffers;
using System.Runtime.InteropServices;
using Galvani.Checkpoints.Pickles;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>
/// A tensor as a view over a storage: type, shape, strides and offset. Creating one reads no numbers; shape, strides and offset were checked against the
/// storage by bounds. Immutable; may be read by many threads while its checkpoint is open.
/// </summary>
public sealed partial class TensorView
{
    private readonly long[] shape;
    private readonly long[] strides;

    internal TensorView(StorageView storage, long storageOffset, long[] shape, long[] strides, bool requiresGrad = false, bool isParameter = false)
    {
        (Storage, StorageOffset, this.shape, this.strides) = (storage, storageOffset, shape, strides);
        (RequiresGrad, IsParameter) = (requiresGrad, isParameter);
        ElementCount = CountElements(shape);
        IsContiguous = CheckContiguous(shape, strides, ElementCount);
    }

    /// <summary>The element type.</summary>
    public DType DType => Storage.DType;

    /// <summary>The sizes, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => shape;

    /// <summary>The distance in elements between neighbours along each dimension; never negative.</summary>
    public IReadOnlyList<long> Strides => strides;

    /// <summary>The index of the first element in the storage.</summary>
    public long StorageOffset { get; }

    /// <summary>The storage it is a view of.</summary>
    public StorageView Storage { get; }

    /// <summary>What the file says about gradients.</summary>
    public bool RequiresGrad { get; }

    /// <summary>Whether it was saved as a <c>torch.nn.Parameter</c>.</summary>
    public bool IsParameter { get; }

    /// <summary>A class of its own, or attributes, that the tensor is written with; null where it has none.</summary>
    internal TensorWrapper? Wrapper { get; private init; }

    /// <summary>The number of dimensions.</summary>
    public int Rank => shape.Length;

    /// <summary>The product of the sizes; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>The bytes that the elements would take laid out one after the other.</summary>
    public long LogicalBytes => ElementCount * DType.ElementBytes();

    /// <summary>Whether the elements lie one after the other in row-major order.</summary>
    public bool IsContiguous { get; }

    /// <summary>A row-major view from the beginning of a storage.</summary>
    internal static TensorView RowMajor(StorageView storage, IReadOnlyList<long> shape, bool requiresGrad = false, bool isParameter = false)
    {
        long[] sizes = [.. shape];
        return new TensorView(storage, 0, sizes, Tensors.RowMajor.Strides(sizes), requiresGrad, isParameter);
    }

    /// <summary>The same view as a parameter.</summary>
    internal TensorView AsParameter(bool requiresGrad) => new(Storage, StorageOffset, shape, strides, requiresGrad, isParameter: true);

    /// <summary>The same view with a class of its own, or attributes.</summary>
    internal TensorView WithWrapper(TensorWrapper wrapper) => new(Storage, StorageOffset, shape, strides, RequiresGrad, IsParameter) { Wrapper = wrapper };

    /// <summary>The same view of another storage, which has as many elements.</summary>
    internal TensorView WithStorage(StorageView storage) => new(storage, StorageOffset, shape, strides, RequiresGrad, IsParameter) { Wrapper = Wrapper };

    /// <summary>A tensor of the same sizes that has a storage for itself, row-major, and is otherwise as this one.</summary>
    internal TensorView RowMajorIn(StorageView storage) => new(storage, 0, shape, Tensors.RowMajor.Strides(shape), RequiresGrad, IsParameter) { Wrapper = Wrapper };

    /// <summary>The same view with each dimension of stride 0 taken once, as before <c>expand</c>.</summary>
    /// <param name="repeats">How often this view has each of the elements.</param>
    internal TensorView WithoutRepeats(out long repeats)
    {
        var sizes = new long[shape.Length];
        repeats = 1;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            var isRepeated = strides[axis] == 0 && shape[axis] > 1;
            sizes[axis] = isRepeated ? 1 : shape[axis];
            repeats *= isRepeated && ElementCount > 0 ? shape[axis] : 1;
        }

        return repeats == 1 ? this : new TensorView(Storage, StorageOffset, sizes, strides, RequiresGrad, IsParameter);
    }

    /// <summary>The dimensions from the widest stride to the narrowest: in that order the elements are read fastest, where order does not matter.</summary>
    internal int[] AxesByStride() => [.. Enumerable.Range(0, Rank).OrderByDescending(axis => strides[axis])];

    /// <summary>The same elements with the dimensions in another order.</summary>
    internal TensorView Permuted(ReadOnlySpan<int> axes)
    {
        var (sizes, steps) = (new long[axes.Length], new long[axes.Length]);
        for (var i = 0; i < axes.Length; i++)
            (sizes[i], steps[i]) = (shape[axes[i]], strides[axes[i]]);
        return new TensorView(Storage, StorageOffset, sizes, steps, RequiresGrad, IsParameter);
    }

    /// <summary>Whether another view has the same elements of the same storage in the same order and shape.</summary>
    /// <param name="other">The other view.</param>
    public bool IsSameViewAs(TensorView other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(Storage, other.Storage) && StorageOffset == other.StorageOffset && shape.AsSpan().SequenceEqual(other.shape) && strides.AsSpan().SequenceEqual(other.strides);
    }

    /// <summary>All numbers as binary32, row-major.</summary>
    /// <exception cref="UnsupportedCheckpointException">The type's numbers cannot be read, or it is complex.</exception>
    /// <exception cref="InvalidOperationException">There are more elements than an array can hold.</exception>
    public float[] ToSingles()
    {
        if (ElementCount > Array.MaxLength)
            throw new InvalidOperationException($"The tensor has {ElementCount} elements, more than an array can hold.");
        var numbers = new float[ElementCount];
        CopyTo(numbers);
        return numbers;
    }

    /// <summary>A row-major range of the numbers as binary32.</summary>
    /// <param name="destination">As many elements as it has are read.</param>
    /// <param name="firstElement">The row-major index of the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    /// <exception cref="UnsupportedCheckpointException">The type's numbers cannot be read, or it is complex.</exception>
    public void CopyTo(Span<float> destination, long firstElement = 0)
    {
        RequireReal();
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, ElementCount - firstElement);
        if (!IsContiguous)
        {
            GatherSingles(destination, firstElement);
            return;
        }

        // What is converted goes through a buffer that stays in the cache; else parts are as large as spans of bytes can be.
        var chunkElements = DType == DType.Float32 ? 1 << 28 : 1 << 17;
        for (long done = 0; done < destination.Length; done += chunkElements)
        {
            var part = destination.Slice((int)done, (int)Math.Min(chunkElements, destination.Length - done));
            var start = (StorageOffset + firstElement + done) * DType.ElementBytes();
            if (DType == DType.Float32)
            {
                Storage.CopyBytes(start, MemoryMarshal.AsBytes(part));
                continue;
            }

            var bytes = ArrayPool<byte>.Shared.Rent(part.Length * DType.ElementBytes());
            Storage.CopyBytes(start, bytes.AsSpan(0, part.Length * DType.ElementBytes()));
            Convert(bytes.AsSpan(0, part.Length * DType.ElementBytes()), part);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>One row of the first dimension as binary32.</summary>
    /// <param name="row">The index along the first dimension.</param>
    /// <param name="destination">As many elements as a row has.</param>
    /// <exception cref="ArgumentException">The tensor is a scalar, or the destination has another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public void ReadRow(long row, Span<float> destination)
    {
        if (Rank == 0)
            throw new ArgumentException("A scalar has no rows.", nameof(row));
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, shape[0]);
        var width = ElementCount / shape[0];
        if (destination.Length != width)
            throw new ArgumentException($"A row has {width} elements, the destination {destination.Length}.", nameof(destination));
        CopyTo(destination, row * width);
    }

    /// <summary>The binary32 numbers in the mapped file itself, without a copy.</summary>
    /// <param name="numbers">Row-major; valid while the checkpoint is open.</param>
    /// <returns>False where the tensor is not contiguous, not float32, unaligned, or too large for a span.</returns>
    public bool TryGetContiguousSingles(out ReadOnlySpan<float> numbers)
    {
        numbers = default;
        return DType == DType.Float32 && IsContiguous && LogicalBytes <= int.MaxValue
            && Casts.TryViewFloat32(ContiguousBytes(0, (int)ElementCount), out numbers);
    }

    /// <summary>The little-endian bytes of one element.</summary>
    /// <param name="index">The row-major index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public ReadOnlySpan<byte> Element(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ElementCount);
        var offset = StorageOffset;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            offset += index % shape[axis] * strides[axis];
            index /= shape[axis];
        }

        return Storage.ReadBytes(offset * DType.ElementBytes(), DType.ElementBytes());
    }

    /// <summary>The little-endian bytes of a row-major range of a contiguous tensor, without a copy.</summary>
    /// <param name="firstElement">The first element.</param>
    /// <param name="elementCount">The number of elements.</param>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    public ReadOnlySpan<byte> ContiguousBytes(long firstElement, int elementCount)
    {
        if (!IsContiguous)
            throw new InvalidOperationException("The tensor is not contiguous.");
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementCount, ElementCount - firstElement);
        return Storage.ReadBytes((StorageOffset + firstElement) * DType.ElementBytes(), checked(elementCount * DType.ElementBytes()));
    }

    private void Convert(ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        switch (DType)
        {
            case DType.Float32:
                Casts.FromFloat32(bytes, destination);
                break;
            case DType.Float16:
                Casts.FromFloat16(bytes, destination);
                break;
            case DType.BFloat16:
                Casts.FromBFloat16(bytes, destination);
                break;
            case DType.Float64:
                Casts.FromFloat64(bytes, destination);
                break;
            case DType.Bool:
                Casts.FromBool(bytes, destination);
                break;
            case DType.UInt8 or DType.Float4E2M1FnX2 or DType.Bits8 or DType.Bits1x8 or DType.Bits2x4 or DType.Bits4x2:
                Casts.FromUInt8(bytes, destination);
                break;
            case DType.UInt16 or DType.UInt32 or DType.UInt64 or DType.Bits16:
                Casts.FromUnsignedInteger(bytes, DType.ElementBytes(), destination);
                break;
            case DType.Float8E4M3Fn or DType.Float8E5M2 or DType.Float8E4M3FnUz or DType.Float8E5M2FnUz or DType.Float8E8M0Fnu:
                Float8.ToFloat32(bytes, DType.Float8Format(), destination);
                break;
            default:
                Casts.FromInteger(bytes, DType.ElementBytes(), destination);
                break;
        }
    }

    private void RequireReal()
    {
        if (!DType.IsReadable())
            throw NotReadable(DType);
        if (DType.IsComplex())
            throw new UnsupportedCheckpointException($"A tensor of {DType.TorchName()} has no real numbers; read its elements one by one.");
    }

    internal static UnsupportedCheckpointException NotReadable(DType type) =>
        new($"Numbers of type {type.TorchName()} are not read; those of all types but the quantised ones are.");

    private static long CountElements(long[] shape)
    {
        var count = 1L;
        foreach (var size in shape)
            count = checked(count * size);
        return count;
    }

    private static bool CheckContiguous(long[] shape, long[] strides, long elementCount)
    {
        if (elementCount == 0)
            return true;
        var expected = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != expected)
                return false;
            expected *= shape[axis];
        }

        return true;
    }
}
