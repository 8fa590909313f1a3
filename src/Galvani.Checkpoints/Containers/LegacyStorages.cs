using System.Buffers.Binary;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The storages of torch's old container: the object tree names them, and where they lie is known only when the keys behind it have been read.
/// </summary>
internal sealed class LegacyStorages(ByteSource source) : IStorageSource
{
    private readonly Dictionary<string, Placed> byKey = new(StringComparer.Ordinal);
    private readonly List<StorageView> inOrder = [];

    /// <summary>The storages in the order they were first named.</summary>
    public IReadOnlyCollection<StorageView> All => inOrder;

    public int StorageBytes => PickleBudget.StorageBytes;

    public StorageView? Find(string key, DType type, long elementCount, string location, out string problem)
    {
        problem = "";
        if (byKey.TryGetValue(key, out var known))
        {
            var storage = known.Storage;
            problem = $"Storage {key} is {elementCount} elements of {type.TorchName()} here, {storage.ElementCount} of {storage.DType.TorchName()} before";
            return storage.DType == type && storage.ElementCount == elementCount ? storage : null;
        }

        if ((Int128)elementCount * type.ElementBytes() is var bytes && bytes > source.Length)
        {
            problem = $"Storage {key} announces {elementCount} elements of {type.TorchName()}, {bytes} bytes; the file has {source.Length}";
            return null;
        }

        var slot = new Slot();
        var view = source.Memory is { } memory
            ? new StorageView(key, type, elementCount, location, EntryName(key), memory, start: 0)
            : new StorageView(key, type, elementCount, location, EntryName(key), (offset, count) => source.Slice(slot.Start + offset, count));
        byKey.Add(key, new Placed(view, slot));
        inOrder.Add(view);
        return view;
    }

    /// <summary>Finds the bytes of every storage; gives them as parts of the file.</summary>
    /// <param name="keys">The keys in the order of the bytes.</param>
    /// <param name="position">Where the first begins.</param>
    /// <exception cref="CheckpointFormatException">Keys and storages do not match, or lengths do not fit the file.</exception>
    public List<ArchiveEntry> Place(IReadOnlyList<PickleValue> keys, long position)
    {
        var parts = new List<ArchiveEntry>(keys.Count);
        foreach (var node in keys)
        {
            if (node is not PickleString { Value: var key } || !byKey.TryGetValue(key, out var storage))
                throw Error($"The keys name storage {ObjectTree.KeyText(node)}, which the object tree does not", "keys");
            if (storage.Slot.Start >= 0)
                throw Error($"The keys name storage {key} twice", "keys");
            position = PlaceOne(storage, position);
            parts.Add(new ArchiveEntry(EntryName(key), storage.Slot.Start, storage.Storage.ByteCount, storage.Storage.ByteCount, IsDeflated: false, Crc32: 0, position - sizeof(long)));
            position += storage.Storage.ByteCount;
        }

        if (inOrder.FirstOrDefault(storage => byKey[storage.Key].Slot.Start < 0) is { } missing)
            throw Error($"Storage {missing.Key} has no bytes in the file", "keys");
        return position == source.Length ? parts : throw new CheckpointFormatException($"The file goes on for {source.Length - position} bytes after the last storage", source.Path, entry: null, position);
    }

    /// <summary>Checks the count in front of a storage's bytes; returns where the bytes begin.</summary>
    private long PlaceOne(Placed storage, long position)
    {
        var (view, rest) = (storage.Storage, source.Length - position);
        if (rest < sizeof(long))
            throw Error($"The file ends before storage {view.Key}", EntryName(view.Key));
        var count = BinaryPrimitives.ReadInt64LittleEndian(source.Slice(position, sizeof(long)));
        if (count != view.ElementCount)
            throw Error($"Storage {view.Key} has {count} elements in front of its bytes, {view.ElementCount} in the object tree", EntryName(view.Key));
        if (view.ByteCount > rest - sizeof(long))
            throw Error($"Storage {view.Key} needs {view.ByteCount} bytes, the file has {rest - sizeof(long)} left", EntryName(view.Key));
        storage.Slot.Start = position + sizeof(long);
        view.Begin(storage.Slot.Start);
        return storage.Slot.Start;
    }

    private static string EntryName(string key) => $"data/{key}";

    private CheckpointFormatException Error(string problem, string part) => new(problem, source.Path, source.EntryPrefix + part);

    /// <summary>Where a storage's bytes begin; -1 while it is not known.</summary>
    private sealed class Slot
    {
        public long Start { get; set; } = -1;
    }

    private sealed record Placed(StorageView Storage, Slot Slot);
}

/// <summary>For pickles that can name no storages.</summary>
internal sealed class NoStorages : IStorageSource
{
    public int StorageBytes => PickleBudget.StorageBytes;

    public StorageView? Find(string key, DType type, long elementCount, string location, out string problem)
    {
        problem = $"Storage {key} is named in a pickle that has none around it";
        return null;
    }
}
