using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Operations;

/// <summary>How many finite numbers of a tensor became infinite because the new type cannot hold them.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Count">How many.</param>
public sealed record CastOverflow(string Name, long Count);

/// <summary>
/// Casts floating-point tensors to another floating-point type while they are read or written: rounded once, to nearest, ties to even. What is no real
/// floating-point number stays as it is. A storage is cast once, so that tensors that share it still do.
/// </summary>
public sealed class FloatCast
{
    private const int PartElements = 1 << 14;

    private readonly Dictionary<StorageView, StorageView> storages = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TensorView, TensorView> tensors = new(new SameView());
    private readonly Dictionary<string, long> overflows = new(StringComparer.Ordinal);

    /// <summary>A cast to a type.</summary>
    /// <param name="target">float32, float16 or bfloat16.</param>
    /// <exception cref="ArgumentException">The type is none of these.</exception>
    public FloatCast(DType target)
    {
        if (target is not (DType.Float32 or DType.Float16 or DType.BFloat16))
            throw new ArgumentException($"Tensors are cast to float32, float16 and bfloat16, not to {target.TorchName()}.", nameof(target));
        Target = target;
    }

    /// <summary>The new type.</summary>
    public DType Target { get; }

    /// <summary>Where numbers became infinite, by what has been read or written so far.</summary>
    public IReadOnlyList<CastOverflow> Overflows => [.. overflows.Select(entry => new CastOverflow(entry.Key, entry.Value))];

    /// <summary>Whether a type is cast: it is a real floating-point type, and another one.</summary>
    /// <param name="type">The type.</param>
    public bool Changes(DType type) => (type.IsFloatingPoint() || type.IsFloat8()) && type != Target;

    /// <summary>A tensor of the new type, laid out row-major; equal views give the same tensor. The tensor itself where there is nothing to cast.</summary>
    /// <param name="name">Its name in <see cref="Overflows"/>.</param>
    /// <param name="view">The tensor.</param>
    public TensorView Cast(string name, TensorView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!Changes(view.DType))
            return view;
        if (tensors.TryGetValue(view, out var known))
            return known;
        var storage = StorageOf(view.Storage, view.ElementCount, (first, destination) => Fill(name, view, first, destination));
        var result = view.RowMajorIn(storage);
        tensors.Add(view, result);
        return result;
    }

    /// <summary>The same view of a storage of the new type: offset, shape, strides and sharing stay.</summary>
    /// <param name="name">Its name in <see cref="Overflows"/>, if it is the first of its storage.</param>
    /// <param name="view">The tensor.</param>
    internal TensorView CastStorage(string name, TensorView view)
    {
        if (!Changes(view.DType))
            return view;
        if (!storages.TryGetValue(view.Storage, out var storage))
        {
            var whole = TensorView.RowMajor(view.Storage, [view.Storage.ElementCount]);
            storage = StorageOf(view.Storage, view.Storage.ElementCount, (first, destination) => Fill(name, whole, first, destination));
            storages.Add(view.Storage, storage);
        }

        return view.WithStorage(storage);
    }

    private StorageView StorageOf(StorageView source, long elementCount, ElementContent content) =>
        StorageView.Computed(Target, elementCount, content, source.IsDequantized);

    private void Fill(string name, TensorView source, long firstElement, Span<byte> destination)
    {
        var elementBytes = Target.ElementBytes();
        var count = destination.Length / elementBytes;
        var became = 0L;
        for (var done = 0; done < count; done += PartElements)
        {
            var part = Math.Min(PartElements, count - done);
            became += FillPart(source, firstElement + done, destination.Slice(done * elementBytes, part * elementBytes), part);
        }

        if (became > 0)
            overflows[name] = overflows.GetValueOrDefault(name) + became;
    }

    private long FillPart(TensorView source, long firstElement, Span<byte> destination, int count)
    {
        if (source.DType == DType.Float64)
        {
            var doubles = ArrayPool<double>.Shared.Rent(count);
            source.CopyTo(doubles.AsSpan(0, count), firstElement);
            var lost = Narrow(doubles.AsSpan(0, count), Target, destination);
            ArrayPool<double>.Shared.Return(doubles);
            return lost;
        }

        var singles = ArrayPool<float>.Shared.Rent(count);
        source.CopyTo(singles.AsSpan(0, count), firstElement);
        var overflowed = Target switch
        {
            DType.Float16 => NarrowingCasts.ToFloat16(singles.AsSpan(0, count), destination),
            DType.BFloat16 => NarrowingCasts.ToBFloat16(singles.AsSpan(0, count), destination),
            _ => NarrowingCasts.ToFloat32(singles.AsSpan(0, count), destination),
        };
        ArrayPool<float>.Shared.Return(singles);
        return overflowed;
    }

    /// <summary>Numbers as elements of a floating-point type, each rounded once, to nearest, ties to even.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="type">float64, float32, float16 or bfloat16.</param>
    /// <param name="destination">Receives little-endian elements, exactly as many.</param>
    /// <returns>How many finite numbers became infinite.</returns>
    public static long Narrow(ReadOnlySpan<double> numbers, DType type, Span<byte> destination)
    {
        switch (type)
        {
            case DType.Float32:
                return NarrowingCasts.ToFloat32(numbers, destination);
            case DType.Float16:
                return NarrowingCasts.ToFloat16(numbers, destination);
            case DType.BFloat16:
                return NarrowingCasts.ToBFloat16(numbers, destination);
            default:
                return NarrowingCasts.ToFloat64(numbers, destination);
        }
    }

    /// <summary>Views are one that have the same elements of the same storage: a storage may have a hundred thousand.</summary>
    private sealed class SameView : IEqualityComparer<TensorView>
    {
        public bool Equals(TensorView? x, TensorView? y) => x is null ? y is null : y is not null && x.IsSameViewAs(y);

        public int GetHashCode([DisallowNull] TensorView obj) => HashCode.Combine(RuntimeHelpers.GetHashCode(obj.Storage), obj.StorageOffset);
    }
}
