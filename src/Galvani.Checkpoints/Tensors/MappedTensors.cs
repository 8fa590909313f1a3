using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>
/// Chosen tensors of open checkpoints in some 40 bytes each, where the object tree, the names and the views take hundreds: for work on many files of very many tensors at once. Immutable; may be read
/// by many threads. It takes the checkpoints' files over: nothing of their trees is kept, and disposing it closes them.
/// </summary>
public sealed class MappedTensors : IDisposable
{
    private readonly MappedMemory[] files;
    private readonly Place[] places;
    private readonly long[] dimensions;

    private MappedTensors(MappedMemory[] files, Place[] places, long[] dimensions) => (this.files, this.places, this.dimensions) = (files, places, dimensions);

    /// <summary>The number of tensors.</summary>
    public int Count => places.Length;

    /// <summary>A view of the same elements, made anew at each call, with what the file says about gradients. Its storage may be one of its own, without a key.</summary>
    /// <param name="index">0-based, in the order the tensors were given.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such tensor.</exception>
    public TensorView this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, places.Length);
            return View(places[index]);
        }
    }

    /// <summary>Keeps tensors, and takes over the files that they lie in.</summary>
    /// <param name="checkpoints">The files. They need no disposing any more; disposing one closes its file.</param>
    /// <param name="tensors">Tensors of these files.</param>
    public static MappedTensors TakeOver(IEnumerable<Checkpoint> checkpoints, IEnumerable<TensorView> tensors)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(tensors);
        var dimensions = new List<long>();
        Place[] places = [.. tensors.Select(tensor => PlaceOf(tensor, dimensions))];
        MappedMemory[] files = [.. checkpoints.Select(checkpoint => checkpoint.Memory)];
        foreach (var file in files)
            file.ReleasePages(); // those of headers and directories, which nothing needs any more
        return new MappedTensors(files, places, [.. dimensions]);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private static Place PlaceOf(TensorView tensor, List<long> dimensions)
    {
        var storage = tensor.Storage;
        var place = new Place
        {
            Source = (object?)storage.Memory ?? storage,
            First = storage.Memory is null ? tensor.StorageOffset : storage.MapOffset + tensor.StorageOffset * storage.DType.ElementBytes(),
            Dimensions = dimensions.Count,
            Rank = tensor.Rank,
            Type = storage.DType,
            IsContiguous = tensor.IsContiguous,
            RequiresGrad = tensor.RequiresGrad,
            IsParameter = tensor.IsParameter,
        };
        dimensions.AddRange(tensor.Shape);
        if (!tensor.IsContiguous)
            dimensions.AddRange(tensor.Strides);
        return place;
    }

    private TensorView View(in Place place)
    {
        var shape = dimensions.AsSpan(place.Dimensions, place.Rank).ToArray();
        var strides = place.IsContiguous ? RowMajor.Strides(shape) : dimensions.AsSpan(place.Dimensions + place.Rank, place.Rank).ToArray();
        return place.Source is StorageView storage
            ? new TensorView(storage, place.First, shape, strides, place.RequiresGrad, place.IsParameter)
            : new TensorView(StorageAt((MappedMemory)place.Source, place, shape, strides), 0, shape, strides, place.RequiresGrad, place.IsParameter);
    }

    /// <summary>A storage from a tensor's first element to its last.</summary>
    private static StorageView StorageAt(MappedMemory memory, in Place place, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        var elementCount = 1L;
        for (var axis = 0; axis < shape.Length; axis++)
            elementCount = shape[axis] == 0 || elementCount == 0 ? 0 : elementCount + (shape[axis] - 1) * strides[axis];
        return new StorageView("", place.Type, elementCount, "cpu", entryName: null, memory, place.First);
    }

    /// <summary>Where a tensor's elements are.</summary>
    private readonly struct Place
    {
        /// <summary>The map that the storage lies in, or a storage that lies in none: one that is deflated, or computed.</summary>
        public required object Source { get; init; }

        /// <summary>The first element: its byte in the map, or its index in the storage.</summary>
        public required long First { get; init; }

        /// <summary>Where the sizes begin among all dimensions; the strides follow them, where the elements do not lie one after the other.</summary>
        public required int Dimensions { get; init; }

        public required int Rank { get; init; }

        public required DType Type { get; init; }

        public required bool IsContiguous { get; init; }

        public required bool RequiresGrad { get; init; }

        public required bool IsParameter { get; init; }
    }
}
