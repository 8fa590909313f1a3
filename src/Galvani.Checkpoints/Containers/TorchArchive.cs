using System.IO.Hashing;
using System.Text;
using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The layout that <c>torch.save</c> writes since 1.6: a zip archive with one folder, in it <c>data.pkl</c>, <c>version</c>, perhaps <c>byteorder</c>, and one
/// entry <c>data/KEY</c> a storage. The folder's name is the base name of the file when it was saved and means nothing. A <c>.galvani</c> file is such an archive with an index of packed
/// projections.
/// </summary>
internal sealed class TorchArchive
{
    private const string PickleName = "data.pkl";

    private readonly MappedMemory memory;
    private readonly CheckpointLimits limits;
    private readonly Dictionary<string, ArchiveEntry> byName;
    private readonly string prefix;

    private TorchArchive(MappedMemory memory, IReadOnlyList<ArchiveEntry> entries, PickleRunner runner)
    {
        (this.memory, limits, Entries) = (memory, runner.Limits, entries);
        byName = new Dictionary<string, ArchiveEntry>(Entries.Count, StringComparer.Ordinal);
        foreach (var entry in Entries)
            byName.Add(entry.Name, entry);
        PickleEntry = FindPickle();
        prefix = PickleEntry.Name[..^PickleName.Length];
        FormatVersion = ReadText("version");
        var byteOrder = ReadText("byteorder");
        if (byteOrder is not (null or "little"))
            throw new UnsupportedCheckpointException($"Byte order {PickleText.Quote(byteOrder.AsSpan())} is not read, only 'little' ({memory.Path}: {prefix}byteorder).");
        Packing = PackedIndexReader.Read(memory, byName, prefix, runner);
        Storages = new TorchStorages(memory, byName, prefix, Packing, new DeflatedStorages(memory, limits, runner.Budget));
    }

    /// <summary>Reads the directory and the pickle.</summary>
    /// <exception cref="CheckpointFormatException">The archive is broken or hostile, or no checkpoint.</exception>
    /// <exception cref="UnsupportedCheckpointException">It says that its numbers are big-endian, or is a <c>.galvani</c> file of another version.</exception>
    public static ContainerContent Read(MappedMemory memory, IReadOnlyList<ArchiveEntry> entries, PickleRunner runner)
    {
        var archive = new TorchArchive(memory, entries, runner);
        archive.ChargeUnpacked(runner.Budget);
        var (root, protocol) = runner.Run(archive.ReadPickle(), archive.PickleEntry.Name, archive.Storages);
        return new ContainerContent(archive.Packing is null ? ContainerKind.TorchZip : ContainerKind.Galvani, root, entries, [.. archive.Storages.All, .. runner.NestedStorages])
        {
            FormatVersion = archive.FormatVersion,
            Packing = archive.Packing,
            Pickle = new PicklePart(archive.PickleEntry.Name, protocol, () => archive.ReadPickle()),
        };
    }

    /// <summary>All entries in directory order.</summary>
    private IReadOnlyList<ArchiveEntry> Entries { get; }

    /// <summary>The entry of the pickle.</summary>
    private ArchiveEntry PickleEntry { get; }

    /// <summary>The content of the <c>version</c> entry, or null.</summary>
    private string? FormatVersion { get; }

    /// <summary>The packed projections of a <c>.galvani</c> file; null in a checkpoint.</summary>
    private PackedContent? Packing { get; }

    /// <summary>The storages that the pickle names.</summary>
    private TorchStorages Storages { get; }

    /// <summary>A pickle that is unpacked takes memory beside the tree that it describes, and may have a hundred times the bytes of the file.</summary>
    private void ChargeUnpacked(PickleBudget budget)
    {
        if (PickleEntry.IsDeflated && PickleEntry.Bytes <= limits.PickleBytes && budget.Charge(PickleEntry.Bytes) is { } problem)
            throw new CheckpointFormatException(problem, memory.Path, PickleEntry.Name);
    }

    /// <summary>The unpacked pickle, its checksum checked where there is one.</summary>
    /// <exception cref="CheckpointFormatException">It is broken, or over a limit.</exception>
    private byte[] ReadPickle()
    {
        var pickle = ArchiveInflater.Read(memory, PickleEntry, limits, limits.PickleBytes, nameof(limits.PickleBytes));
        if (PickleEntry.HasChecksum && Crc32.HashToUInt32(pickle) is var sum && sum != PickleEntry.Crc32)
            throw new CheckpointFormatException($"The pickle has the checksum {sum:x8}, the directory {PickleEntry.Crc32:x8}", memory.Path, PickleEntry.Name);
        return pickle;
    }

    /// <summary>Whether an entry of this name would be the pickle.</summary>
    public static bool IsPickle(string entryName) => entryName == PickleName || entryName.EndsWith("/" + PickleName, StringComparison.Ordinal);

    private ArchiveEntry FindPickle()
    {
        ArchiveEntry? found = null;
        foreach (var entry in Entries)
        {
            if (!IsPickle(entry.Name))
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
