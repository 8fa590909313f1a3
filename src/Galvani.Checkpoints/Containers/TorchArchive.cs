using System.Text;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The layout that <c>torch.save</c> writes since 1.6: a zip archive with one folder, in it <c>data.pkl</c>, <c>version</c>, perhaps <c>byteorder</c>, and one
/// entry <c>data/KEY</c> a storage. The folder's name is the base name of the file when it was saved and means nothing.
/// </summary>
internal sealed class TorchArchive
{
    private readonly MappedMemory memory;
    private readonly CheckpointLimits limits;
    private readonly Dictionary<string, ArchiveEntry> byName;
    private readonly Dictionary<string, StorageView> storages = new(StringComparer.Ordinal);
    private readonly string prefix;

    public TorchArchive(MappedMemory memory, CheckpointLimits limits)
    {
        (this.memory, this.limits) = (memory, limits);
        Entries = ZipDirectory.Read(memory, limits);
        byName = Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        PickleEntry = FindPickle();
        prefix = PickleEntry.Name[..^"data.pkl".Length];
        FormatVersion = ReadText("version");
        var byteOrder = ReadText("byteorder");
        if (byteOrder is not (null or "little"))
            throw new UnsupportedCheckpointException($"Byte order '{byteOrder}' is not read, only 'little' ({memory.Path}: {prefix}byteorder).");
    }

    /// <summary>All entries in directory order.</summary>
    public IReadOnlyList<ArchiveEntry> Entries { get; }

    /// <summary>The entry of the pickle.</summary>
    public ArchiveEntry PickleEntry { get; }

    /// <summary>The content of the <c>version</c> entry, or null.</summary>
    public string? FormatVersion { get; }

    /// <summary>The storages that were named so far, in the order they were first named.</summary>
    public IReadOnlyCollection<StorageView> Storages => storages.Values;

    /// <summary>The unpacked pickle.</summary>
    public byte[] ReadPickle() => ArchiveInflater.Read(memory, PickleEntry, limits, limits.PickleBytes, nameof(limits.PickleBytes));

    /// <summary>The storage that a persistent id of torch names: <c>('storage', type, key, location, count)</c>.</summary>
    public PickleValue Resolve(PickleMachine machine, PickleValue id)
    {
        if (id is not PickleTuple { Items: [PickleString { Value: "storage" }, PickleGlobal { Name: var typeName }, PickleString { Value: var key }, PickleString { Value: var location }, PickleInteger { Value: var count }, ..] })
            throw machine.Broken($"A persistent id is {PickleMachine.Describe(id)}, expected a tuple ('storage', type, key, location, count)");
        if (!PickleGlobals.TryGetStorageType(typeName, out var type))
            throw machine.Broken($"A storage has the unknown type {typeName}");
        if (count < 0 || count > long.MaxValue / 16)
            throw machine.Broken($"Storage {key} announces {count} elements");
        if (storages.TryGetValue(key, out var known))
        {
            if (known.DType != type || known.ElementCount != count)
                throw machine.Broken($"Storage {key} is {count} elements of {type.TorchName()} here, {known.ElementCount} of {known.DType.TorchName()} before");
            return new PickleStorage(known);
        }

        return new PickleStorage(storages[key] = CreateStorage(machine, key, type, (long)count, location));
    }

    private StorageView CreateStorage(PickleMachine machine, string key, DType type, long count, string location)
    {
        var name = $"{prefix}data/{key}";
        if (!byName.TryGetValue(name, out var entry))
            throw machine.Broken($"Storage {key} has no entry {name}");
        if (entry.Bytes != count * type.ElementBytes())
            throw machine.Broken($"Storage {key} announces {count} elements of {type.TorchName()}, {count * type.ElementBytes()} bytes; its entry has {entry.Bytes}");
        if (!entry.IsDeflated)
            return new StorageView(key, type, count, location, name, memory, entry.DataOffset);
        ArchiveInflater.CheckRatio(memory, entry, limits);
        return new StorageView(key, type, count, location, name, () => ArchiveInflater.Read(memory, entry, limits, Array.MaxLength, "array length"));
    }

    private ArchiveEntry FindPickle()
    {
        ArchiveEntry? found = null;
        foreach (var entry in Entries)
        {
            if (entry.Name != "data.pkl" && !entry.Name.EndsWith("/data.pkl", StringComparison.Ordinal))
                continue;
            if (found is not null)
                throw new CheckpointFormatException($"The archive has two pickles, {found.Name} and {entry.Name}", memory.Path);
            found = entry;
        }

        if (found is null)
            throw new CheckpointFormatException(
                $"This zip archive is no checkpoint: it has {Entries.Count} entries and no data.pkl among them, expected one", memory.Path);
        var folder = found.Name[..^"data.pkl".Length];
        if (byName.ContainsKey(folder + "constants.pkl"))
            throw new UnsupportedCheckpointException($"This is a TorchScript module, a program; a state dict saved with torch.save is read ({memory.Path}).");
        return found;
    }

    private string? ReadText(string name)
    {
        const int MaximumBytes = 1024;
        return byName.TryGetValue(prefix + name, out var entry)
            ? Encoding.UTF8.GetString(ArchiveInflater.Read(memory, entry, limits, MaximumBytes, "text entry")).Trim()
            : null;
    }
}
