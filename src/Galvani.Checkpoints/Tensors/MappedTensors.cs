using System.Runtime.InteropServices;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Numpy;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>
/// Chosen tensors of open checkpoints in some 30 bytes each, or 60 where they are deflated, where the object tree, the names and the views take hundreds: for work on many files of very many tensors at once. Immutable; may be
/// read by many threads. It takes the checkpoints' files over: nothing of their trees is kept, and disposing it closes them.
/// </summary>
public sealed class MappedTensors : IDisposable
{
    private readonly MappedMemory[] files;
    private readonly List<Place> places; // as they were gathered: copies in arrays would be megabytes more to collect, a file
    private readonly List<long> numbers;

    private MappedTensors(MappedMemory[] files, List<Place> places, List<long> numbers) => (this.files, this.places, this.numbers) = (files, places, numbers);

    /// <summary>The number of tensors.</summary>
    public int Count => places.Count;

    /// <summary>A view of the same elements, made anew at each call, with what the file says about gradients. Its storage may be one of its own, without a key.</summary>
    /// <param name="index">0-based, in the order the tensors were given.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such tensor.</exception>
    public TensorView this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, places.Count);
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
        const int UsualNumbers = 4; // of a tensor: two sizes and little else, or one and the place of an entry
        var numbers = new List<long>();
        var places = new List<Place>();
        if (tensors.TryGetNonEnumeratedCount(out var count))
        {
            places.Capacity = count;
            numbers.Capacity = UsualNumbers * count;
        }

        foreach (var tensor in tensors)
            places.Add(PlaceOf(tensor, numbers));
        MappedMemory[] files = [.. checkpoints.Select(checkpoint => checkpoint.Memory)];
        foreach (var file in files)
            file.ReleasePages(); // those of headers and directories, which nothing needs any more
        places.TrimExcess(); // where more than a tenth is unused
        numbers.TrimExcess();
        return new MappedTensors(files, places, numbers);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private static Place PlaceOf(TensorView tensor, List<long> numbers)
    {
        if (BigEndianNumbers.Of(tensor) is { Stored: var stored })
        {
            var turned = PlaceOf(stored, numbers);
            return turned with { Traits = turned.Traits | Traits.BigEndian };
        }

        var storage = tensor.Storage;
        var (source, first) = storage.Place is { } place ? (place.Source, place.FirstByte + tensor.StorageOffset * storage.DType.ElementBytes()) : (storage, tensor.StorageOffset);
        var result = new Place
        {
            Source = source is DeflatedBytes deflated ? deflated.File : source,
            First = first,
            Numbers = numbers.Count,
            Rank = checked((ushort)tensor.Rank),
            Type = (byte)storage.DType,
            Traits = (tensor.IsContiguous ? Traits.Contiguous : 0) | (tensor.RequiresGrad ? Traits.RequiresGrad : 0) | (tensor.IsParameter ? Traits.Parameter : 0),
        };
        numbers.AddRange(tensor.Shape);
        if (!tensor.IsContiguous)
            numbers.AddRange(tensor.Strides);
        if (source is DeflatedBytes { Entry: var entry })
            numbers.AddRange(entry.HeaderOffset, entry.CompressedBytes, entry.Bytes);
        return result;
    }

    private TensorView View(in Place place)
    {
        var isContiguous = place.Traits.HasFlag(Traits.Contiguous);
        var next = CollectionsMarshal.AsSpan(numbers)[place.Numbers..];
        var shape = next[..place.Rank].ToArray();
        var strides = isContiguous ? RowMajor.Strides(shape) : next.Slice(place.Rank, place.Rank).ToArray();
        var (type, elementCount) = ((DType)place.Type, SpannedElements(shape, strides));
        var (storage, offset) = place.Source switch
        {
            MappedMemory memory => (new StorageView("", type, elementCount, "cpu", entryName: null, memory, place.First), 0),
            DeflatedStorages deflated => (PartOf(EntryAt(deflated, next[(isContiguous ? place.Rank : 2 * place.Rank)..]), deflated, place.First, elementCount, type), 0),
            _ => ((StorageView)place.Source, place.First),
        };
        var view = new TensorView(storage, offset, shape, strides, place.Traits.HasFlag(Traits.RequiresGrad), place.Traits.HasFlag(Traits.Parameter));
        return place.Traits.HasFlag(Traits.BigEndian) ? BigEndianNumbers.Turn(view) : view;
    }

    private static ArchiveEntry EntryAt(DeflatedStorages deflated, ReadOnlySpan<long> place) => deflated.EntryAt(headerOffset: place[0], compressedBytes: place[1], bytes: place[2]);

    private static StorageView PartOf(ArchiveEntry entry, DeflatedStorages deflated, long firstByte, long elementCount, DType type) =>
        new StorageView("", DType.UInt8, entry.Bytes, "cpu", entry.Name, new DeflatedBytes(deflated, entry)).Part(firstByte, elementCount * type.ElementBytes()).WithType(type);

    /// <summary>The elements from a tensor's first one to its last.</summary>
    private static long SpannedElements(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        var count = 1L;
        for (var axis = 0; axis < shape.Length; axis++)
            count = shape[axis] == 0 || count == 0 ? 0 : count + (shape[axis] - 1) * strides[axis];
        return count;
    }

    /// <summary>What is true or not of a tensor.</summary>
    [Flags]
    private enum Traits : byte
    {
        Contiguous = 1,
        RequiresGrad = 2,
        Parameter = 4,
        BigEndian = 8,
    }

    /// <summary>Where a tensor's elements are.</summary>
    private readonly struct Place
    {
        /// <summary>The map that the elements lie in; what unpacks them; or a storage that is neither mapped nor deflated.</summary>
        public required object Source { get; init; }

        /// <summary>The first element: its byte in the map or in the unpacked entry, or its index in the storage.</summary>
        public required long First { get; init; }

        /// <summary>Where the sizes begin among all numbers. The strides follow them, where the elements do not lie one after the other, and the place of the entry, where it is deflated.</summary>
        public required int Numbers { get; init; }

        public required ushort Rank { get; init; }

        /// <summary>A <see cref="DType"/>.</summary>
        public required byte Type { get; init; }

        public required Traits Traits { get; init; }
    }
}
