using System.IO.Hashing;
using System.Text;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The layout that <c>torch.save</c> writes since 1.6: a zip archive with one folder, in it <c>data.pkl</c>, <c>version</c>, perhaps <c>byteorder</c>, and one
/// entry <c>data/KEY</c> a storage. The folder's name is the base name of the file when it was saved and means nothing.
/// </summary>
internal sealed class TorchArchive
{
    private const string PickleName = "data.pkl";

    private readonly MappedMemory memory;
    private readonly CheckpointLimits limits;
    private readonly Dictionary<string, ArchiveEntry> byName;
    private readonly string prefix;

    public TorchArchive(MappedMemory memory, CheckpointLimits limits)
    {
        (this.memory, this.limits) = (memory, limits);
        Entries = ZipDirectory.Read(memory, limits);
        byName = new Dictionary<string, ArchiveEntry>(Entries.Count, StringComparer.Ordinal);
        foreach (var entry in Entries)
            byName.Add(entry.Name, entry);
        PickleEntry = FindPickle();
        prefix = PickleEntry.Name[..^PickleName.Length];
        FormatVersion = ReadText("version");
        var byteOrder = ReadText("byteorder");
        if (byteOrder is not (null or "little"))
            throw new UnsupportedCheckpointException($"Byte order {Pickles.PickleText.Quote(byteOrder.AsSpan())} is not read, only 'little' ({memory.Path}: {prefix}byteorder).");
        Storages = new TorchStorages(memory, byName, prefix, limits);
    }

    /// <summary>All entries in directory order.</summary>
    public IReadOnlyList<ArchiveEntry> Entries { get; }

    /// <summary>The entry of the pickle.</summary>
    public ArchiveEntry PickleEntry { get; }

    /// <summary>The content of the <c>version</c> entry, or null.</summary>
    public string? FormatVersion { get; }

    /// <summary>The storages that the pickle names.</summary>
    public TorchStorages Storages { get; }

    /// <summary>The unpacked pickle, its checksum checked where there is one.</summary>
    /// <exception cref="CheckpointFormatException">It is broken, or over a limit.</exception>
    public byte[] ReadPickle()
    {
        var pickle = ArchiveInflater.Read(memory, PickleEntry, limits, limits.PickleBytes, nameof(limits.PickleBytes));
        if (PickleEntry.HasChecksum && Crc32.HashToUInt32(pickle) is var sum && sum != PickleEntry.Crc32)
            throw new CheckpointFormatException($"The pickle has the checksum {sum:x8}, the directory {PickleEntry.Crc32:x8}", memory.Path, PickleEntry.Name);
        return pickle;
    }

    private ArchiveEntry FindPickle()
    {
        ArchiveEntry? found = null;
        foreach (var entry in Entries)
        {
            if (entry.Name != PickleName && !entry.Name.EndsWith("/" + PickleName, StringComparison.Ordinal))
                continue;
            if (found is not null)
                throw new CheckpointFormatException($"The archive has two pickles, {found.Name} and {entry.Name}", memory.Path);
            found = entry;
        }

        if (ZipContents.Recognise(Entries) is { } kind)
            throw FileKind.NotACheckpoint(kind, memory.Path);
        return found ?? throw new CheckpointFormatException(
            $"This zip archive is no checkpoint: it has {Entries.Count} entries and no {PickleName} among them, expected one", memory.Path);
    }

    private string? ReadText(string name)
    {
        const int MaximumBytes = 1024;
        return byName.TryGetValue(prefix + name, out var entry)
            ? Encoding.UTF8.GetString(ArchiveInflater.Read(memory, entry, limits, MaximumBytes, "text entry")).Trim()
            : null;
    }
}
