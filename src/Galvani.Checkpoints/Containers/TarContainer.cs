// What torch.save wrote before 0.1.10 (torch/serialization.py, legacy_load): a tar archive of four files. sys_info is a pickle about the system. storages is a count, then for each storage the
// pickle of (key, location, class), the number of its elements (int64) and their bytes, and at the end a list of (key, key of another storage, first element, number of elements) for those that
// are parts of others. tensors is a count, then for each tensor the pickle of (key, key of its storage, class), its rank (int32, and four bytes that say nothing), its sizes, its strides and
// its offset (int64 each). pickle is the object tree, in which tensors and storages stand by their keys. All numbers are little endian.
using System.Buffers.Binary;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Containers;

/// <summary>Reads torch's tar archives. The storages stay where they are.</summary>
internal sealed class TarContainer
{
    private const string SystemName = "sys_info";
    private const string StoragesName = "storages";
    private const string TensorsName = "tensors";
    private const string PickleName = "pickle";

    private readonly ByteSource source;
    private readonly PickleRunner runner;
    private readonly TarObjects objects;
    private readonly List<ArchiveEntry> parts = [];
    private long position;
    private ArchiveEntry entry; // the one that is read

    private TarContainer(ByteSource source, PickleRunner runner, ArchiveEntry first) => (this.source, this.runner, entry, objects) = (source, runner, first, new TarObjects());

    /// <summary>Reads all but the numbers.</summary>
    /// <exception cref="CheckpointFormatException">The archive is broken or hostile.</exception>
    /// <exception cref="UnsupportedCheckpointException">It is another program's.</exception>
    public static ContainerContent Read(ByteSource source, PickleRunner runner)
    {
        var entries = TarDirectory.Read(source, runner.Limits);
        foreach (var name in (string[])[StoragesName, TensorsName, PickleName])
        {
            if (!entries.Exists(known => known.Name == name))
                throw new UnsupportedCheckpointException($"This is a tar archive without {name}: expected sys_info, storages, tensors and pickle, as torch before 0.1.10 wrote them ({source.Path}).");
        }

        try
        {
            return new TarContainer(source, runner, entries[0]).Read(entries);
        }
        catch (CheckpointFormatException exception) when (exception.ByteOffset is not null && entries.Find(known => known.Name == exception.Entry) is { } broken)
        {
            throw exception.WithEntryAt(broken.DataOffset);
        }
    }

    private ContainerContent Read(List<ArchiveEntry> entries)
    {
        if (entries.Find(known => known.Name is not (SystemName or StoragesName or TensorsName or PickleName)) is { } other)
            throw new CheckpointFormatException($"The tar archive has {PickleText.Quote(other.Name.AsSpan())} beside what torch writes", source.Path, entry: null, other.HeaderOffset);
        if (Open(entries, SystemName) && RunWhole(new NoStorages()).Root is not PickleDictionary)
            throw Error("The pickle about the system is no dictionary");
        Open(entries, StoragesName);
        ReadStorages();
        Open(entries, TensorsName);
        ReadTensors();
        Open(entries, PickleName);
        var (root, protocol) = RunWhole(objects);
        var (start, length) = (entry.DataOffset, checked((int)entry.Bytes));
        return new ContainerContent(ContainerKind.TorchTar, root, [.. entries.Where(known => known.Name != StoragesName), .. parts], [.. objects.Storages, .. runner.NestedStorages])
        {
            Pickle = new PicklePart(PickleName, protocol, () => source.Slice(start, length).ToArray()),
        };
    }

    private bool Open(List<ArchiveEntry> entries, string name)
    {
        if (entries.Find(known => known.Name == name) is not { } found)
            return false;
        (entry, position) = (found, found.DataOffset);
        return true;
    }

    private void ReadStorages()
    {
        var count = ReadCount();
        for (var i = 0L; i < count; i++)
        {
            if (Run().Root is not PickleTuple { Items: [var key, PickleString location, PickleGlobal type] })
                throw Error("A storage is no (key, location, class)");
            if (!PickleGlobals.TryGetStorageType(type.Name, out var dtype))
                throw Error($"Storage {KeyOf(key)} is of the unknown class {type.Name}");
            var elementCount = ReadInt64();
            if (elementCount < 0 || (Int128)elementCount * dtype.ElementBytes() > Remaining)
                throw Error($"Storage {KeyOf(key)} announces {elementCount} elements of {dtype.TorchName()}, the entry has {Remaining} bytes left");
            AddStorage(KeyOf(key), dtype, elementCount, location.Value);
        }

        if (Run().Root is not PickleList views)
            throw Error("The parts of storages are no list");
        foreach (var view in views.Items)
            AddPart(view);
        RequireEnd();
    }

    private void AddStorage(string key, DType type, long elementCount, string location)
    {
        Charge(PickleBudget.StorageBytes);
        var (start, name) = (position, $"{StoragesName}/{key}");
        var storage = new StorageView(key, type, elementCount, location, name, source.Memory!, start);
        if (!objects.Add(key, new PickleStorage(storage)))
            throw Error($"Two storages have the key {key}");
        parts.Add(new ArchiveEntry(name, start, storage.ByteCount, storage.ByteCount, IsDeflated: false, Crc32: 0, start - sizeof(long)));
        position += storage.ByteCount;
    }

    private void AddPart(PickleValue view)
    {
        if (view is not PickleTuple { Items: [var key, var rootKey, PickleInteger first, PickleInteger count] } || !first.TryGetInt64(out var start) || !count.TryGetInt64(out var length))
            throw Error("A part of a storage is no (key, key of a storage, first element, number of elements)");
        if (objects.Find(KeyOf(rootKey)) is not PickleStorage { Storage: var root } || start < 0 || length < 0 || start > root.ElementCount - length)
            throw Error($"Part {KeyOf(key)} of {length} elements from {start} on is not inside storage {KeyOf(rootKey)}");
        Charge(PickleBudget.StorageBytes);
        if (!objects.Add(KeyOf(key), new PickleStorage(root.Part(start, length))))
            throw Error($"Two storages have the key {KeyOf(key)}");
    }

    private void ReadTensors()
    {
        var count = ReadCount();
        for (var i = 0L; i < count; i++)
        {
            if (Run().Root is not PickleTuple { Items: [var key, var storageKey, PickleGlobal] })
                throw Error("A tensor is no (key, key of a storage, class)");
            if (objects.Find(KeyOf(storageKey)) is not PickleStorage { Storage: var storage })
                throw Error($"Tensor {KeyOf(key)} is of storage {KeyOf(storageKey)}, which the archive does not have");
            if (!objects.Add(KeyOf(key), new PickleTensor(ReadView(storage))))
                throw Error($"Two objects have the key {KeyOf(key)}");
        }

        RequireEnd();
    }

    private TensorView ReadView(StorageView storage)
    {
        var rank = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));
        if (rank < 0 || rank > runner.Limits.Rank)
            throw Error($"A tensor has {rank} dimensions, the limit (Rank) is {runner.Limits.Rank}");
        Take(sizeof(int));
        var (shape, strides) = (ReadNumbers(rank), RowMajor.Shared(ReadNumbers(rank)));
        Charge(PickleBudget.TensorBytes + PickleBudget.EntryBytes + (16L * rank));
        var view = TensorBounds.Create(storage, ReadNumber("offset"), shape, strides, requiresGrad: false, runner.Limits, Error);
        return runner.Budget.ChargeTensor(view.LogicalBytes) is { } excess ? throw Error(excess) : view;
    }

    private long[] ReadNumbers(int count)
    {
        var numbers = new long[count];
        for (var i = 0; i < count; i++)
            numbers[i] = ReadNumber("size or stride");
        return numbers;
    }

    private long ReadNumber(string what) => ReadInt64() is >= 0 and var number ? number : throw Error($"A tensor has a negative {what}");

    private long ReadCount() => Run().Root is PickleInteger count && count.TryGetInt64(out var number) && number >= 0 ? number : throw Error("The entry does not begin with a count");

    private long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
            throw Error("The entry ends too early");
        position += count;
        return source.Slice(position - count, count);
    }

    private long Remaining => entry.DataOffset + entry.Bytes - position;

    /// <summary>Runs the pickle at the present position and steps behind it.</summary>
    private (PickleValue Root, int Protocol) Run(IStorageSource? storages = null)
    {
        var start = position - entry.DataOffset;
        var pickle = PickleWindow.Take(source.Until(position + Remaining), position, runner.Limits, entry.Name, start);
        position += pickle.Length;
        return runner.Run(pickle, source.EntryPrefix + entry.Name, storages ?? new NoStorages(), start);
    }

    private (PickleValue Root, int Protocol) RunWhole(IStorageSource storages)
    {
        var result = Run(storages);
        RequireEnd();
        return result;
    }

    private void RequireEnd()
    {
        if (Remaining != 0)
            throw Error($"The entry goes on for {Remaining} bytes behind what it holds");
    }

    private void Charge(long bytes)
    {
        if (runner.Budget.Charge(bytes) is { } problem)
            throw Error(problem);
    }

    private static string KeyOf(PickleValue key) => ObjectTree.KeyText(key);

    private CheckpointFormatException Error(string problem) => new(problem, source.Path, source.EntryPrefix + entry.Name, position - entry.DataOffset);

    /// <summary>The tensors and storages that the object tree names by their keys.</summary>
    private sealed class TarObjects : IStorageSource
    {
        private readonly Dictionary<string, PickleValue> byKey = new(StringComparer.Ordinal);
        private readonly List<StorageView> storages = [];

        public IReadOnlyList<StorageView> Storages => storages;

        public int StorageBytes => PickleBudget.StorageBytes;

        public bool Add(string key, PickleValue node)
        {
            if (node is PickleStorage storage)
                storages.Add(storage.Storage);
            return byKey.TryAdd(key, node);
        }

        public PickleValue? Find(string key) => byKey.GetValueOrDefault(key);

        public StorageView? Find(string key, DType type, long elementCount, string location, out string problem)
        {
            problem = $"Storage {key} is described in the object tree; in a tar archive it stands by its key alone";
            return null;
        }

        /// <summary>What a key names; of a module that was saved whole its class, which stands there with its source.</summary>
        public PickleValue? FindObject(PickleValue id) => id switch
        {
            PickleString or PickleInteger => Find(KeyOf(id)),
            PickleTuple { Items: [PickleGlobal type, _, _] } => type,
            _ => null,
        };
    }
}
