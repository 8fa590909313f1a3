using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Finds the storages that a pickle names in the archive: entry <c>data/KEY</c>, or a projection of a <c>.galvani</c> file. Reads none of their bytes.</summary>
internal sealed class TorchStorages(MappedMemory memory, IReadOnlyDictionary<string, ArchiveEntry> entries, string prefix, PackedContent? packing, DeflatedStorages deflated) : IStorageSource
{
    private readonly Dictionary<string, StorageView> byKey = new(entries.Count, StringComparer.Ordinal);
    private readonly List<StorageView> inOrder = new(entries.Count);

    /// <summary>The storages that were named so far, in the order they were first named.</summary>
    public IReadOnlyCollection<StorageView> All => inOrder;

    public int StorageBytes => 0; // its headers in the archive have more bytes than a quarter of what it takes

    public int ExpectedCount => entries.Count;

    public StorageView? Find(string key, DType type, long elementCount, string location, out string problem)
    {
        problem = "";
        if (byKey.TryGetValue(key, out var known))
        {
            problem = $"Storage {key} is {elementCount} elements of {type.TorchName()} here, {known.ElementCount} of {known.DType.TorchName()} before";
            return known.DType == type && known.ElementCount == elementCount ? known : null;
        }

        var name = $"{prefix}data/{key}";
        if (packing?.FindStorage(key, location) is { } packed)
            return FindPacked(packed, type, elementCount, hasEntry: entries.ContainsKey(name), out problem);
        if (!entries.TryGetValue(name, out var entry))
            problem = $"Storage {key} has no entry {name}";
        else if ((Int128)elementCount * type.ElementBytes() is var bytes && bytes != entry.Bytes)
            problem = $"Storage {key} announces {elementCount} elements of {type.TorchName()}, {bytes} bytes; its entry has {entry.Bytes}";
        else
            return Add(Create(key, type, elementCount, location, entry));
        return null;
    }

    private StorageView? FindPacked(StorageView packed, DType type, long elementCount, bool hasEntry, out string problem)
    {
        problem = hasEntry ? $"Storage {packed.Key} is packed, and has an entry of its own"
            : type != packed.DType || elementCount != packed.ElementCount ? $"Storage {packed.Key} announces {elementCount} elements of {type.TorchName()}, the packed ones are {packed.ElementCount} of {packed.DType.TorchName()}"
            : "";
        return problem.Length == 0 ? Add(packed) : null;
    }

    private StorageView Create(string key, DType type, long elementCount, string location, ArchiveEntry entry) => entry.IsDeflated
        ? new StorageView(key, type, elementCount, location, entry.Name, deflated.Add(entry))
        : new StorageView(key, type, elementCount, location, entry.Name, memory, entry.DataOffset);

    private StorageView Add(StorageView storage)
    {
        byKey.Add(storage.Key, storage);
        inOrder.Add(storage);
        return storage;
    }
}
