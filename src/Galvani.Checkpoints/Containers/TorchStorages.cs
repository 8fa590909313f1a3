using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Finds the storages that a pickle names in the archive: entry <c>data/KEY</c>, or a projection of a <c>.galvani</c> file. Reads none of their bytes.</summary>
internal sealed class TorchStorages(MappedMemory memory, ZipEntries entries, string prefix, PackedContent? packing, DeflatedStorages deflated) : IStorageSource
{
    private const string Folder = "data/";

    private readonly StorageView?[] ofEntries = new StorageView?[entries.InOrder.Count]; // those named so far, by the places of their entries
    private readonly Dictionary<string, StorageView> withoutEntry = new(StringComparer.Ordinal); // packed ones, by key
    private readonly List<StorageView> inOrder = new(entries.InOrder.Count);

    /// <summary>The storages that were named so far, in the order they were first named.</summary>
    public IReadOnlyCollection<StorageView> All => inOrder;

    public int StorageBytes => 0; // its headers in the archive have more bytes than a quarter of what it takes

    public int ExpectedCount => entries.InOrder.Count;

    public StorageView? Find(string key, DType type, long elementCount, string location, out string problem)
    {
        problem = "";
        var place = PlaceOf(key);
        if ((place < 0 ? withoutEntry.GetValueOrDefault(key) : ofEntries[place]) is { } known)
        {
            problem = $"Storage {key} is {elementCount} elements of {type.TorchName()} here, {known.ElementCount} of {known.DType.TorchName()} before";
            return known.DType == type && known.ElementCount == elementCount ? known : null;
        }

        if (packing?.FindStorage(key, location) is { } packed)
            return FindPacked(packed, type, elementCount, hasEntry: place >= 0, out problem);
        if (place < 0)
            problem = $"Storage {key} has no entry {prefix}{Folder}{key}";
        else if ((Int128)elementCount * type.ElementBytes() is var bytes && bytes != entries.InOrder[place].Bytes)
            problem = $"Storage {key} announces {elementCount} elements of {type.TorchName()}, {bytes} bytes; its entry has {entries.InOrder[place].Bytes}";
        else
            return Add(ofEntries[place] = Create(key, type, elementCount, location, entries.InOrder[place]));
        return null;
    }

    /// <summary>The place of a storage's entry, or -1. Its name is put together without a string: there may be very many.</summary>
    private int PlaceOf(string key)
    {
        const int UsualLength = 256;
        Span<char> name = stackalloc char[UsualLength];
        return name.TryWrite($"{prefix}{Folder}{key}", out var length) ? entries.PlaceOf(name[..length]) : entries.PlaceOf(prefix + Folder + key);
    }

    private StorageView? FindPacked(StorageView packed, DType type, long elementCount, bool hasEntry, out string problem)
    {
        problem = hasEntry ? $"Storage {packed.Key} is packed, and has an entry of its own"
            : type != packed.DType || elementCount != packed.ElementCount ? $"Storage {packed.Key} announces {elementCount} elements of {type.TorchName()}, the packed ones are {packed.ElementCount} of {packed.DType.TorchName()}"
            : "";
        if (problem.Length > 0)
            return null;
        withoutEntry.Add(packed.Key, packed);
        return Add(packed);
    }

    private StorageView Create(string key, DType type, long elementCount, string location, ArchiveEntry entry) => entry.IsDeflated
        ? new StorageView(key, type, elementCount, location, entry.Name, deflated.Add(entry))
        : new StorageView(key, type, elementCount, location, entry.Name, memory, entry.DataOffset);

    private StorageView Add(StorageView storage)
    {
        inOrder.Add(storage);
        return storage;
    }
}
