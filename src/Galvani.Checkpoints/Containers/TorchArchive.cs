using System.Buffers;
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
    private const int MostBorrowedBytes = 1 << 23;

    private readonly MappedMemory memory;
    private readonly CheckpointLimits limits;
    private readonly ZipEntries entries;
    private readonly string prefix;

    private TorchArchive(MappedMemory memory, ZipEntries entries, PickleRunner runner)
    {
        (this.memory, limits, this.entries) = (memory, runner.Limits, entries);
        PickleEntry = FindPickle();
        prefix = PickleEntry.Name[..^PickleName.Length];
        FormatVersion = ReadText("version");
        var byteOrder = ReadText("byteorder");
        if (byteOrder is not (null or "little"))
            throw new UnsupportedCheckpointException($"Byte order {PickleText.Quote(byteOrder.AsSpan())} is not read, only 'little' ({memory.Path}: {prefix}byteorder).");
        Packing = PackedIndexReader.Read(memory, entries, prefix, runner);
        Storages = new TorchStorages(memory, entries, prefix, Packing, new DeflatedStorages(memory, limits, runner.Budget));
    }

    /// <summary>Reads the directory and the pickle.</summary>
    /// <exception cref="CheckpointFormatException">The archive is broken or hostile, or no checkpoint.</exception>
    /// <exception cref="UnsupportedCheckpointException">It says that its numbers are big-endian, or is a <c>.galvani</c> file of another version.</exception>
    public static ContainerContent Read(MappedMemory memory, ZipEntries entries, PickleRunner runner)
    {
        var archive = new TorchArchive(memory, entries, runner);
        archive.ChargeUnpacked(runner.Budget);
        var (root, protocol) = archive.RunPickle(runner);
        return new ContainerContent(archive.Packing is null ? ContainerKind.TorchZip : ContainerKind.Galvani, root, entries.InOrder, runner.NestedStorages.Count == 0 ? archive.Storages.All : [.. archive.Storages.All, .. runner.NestedStorages])
        {
            FormatVersion = archive.FormatVersion,
            Packing = archive.Packing,
            Pickle = new PicklePart(archive.PickleEntry.Name, protocol, archive.ReadPickle),
        };
    }

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

    /// <summary>Runs the pickle, of whose bytes the tree keeps nothing: where they are not very many they lie in a borrowed array, which the next file of several has again.</summary>
    private (PickleValue Root, int Protocol) RunPickle(PickleRunner runner)
    {
        if (PickleEntry.Bytes > MostBorrowedBytes)
            return runner.Run(ReadPickle(), PickleEntry.Name, Storages);
        var borrowed = ArrayPool<byte>.Shared.Rent((int)PickleEntry.Bytes);
        try
        {
            var pickle = borrowed.AsMemory(0, (int)PickleEntry.Bytes);
            ReadPickle(pickle.Span);
            return runner.Run(pickle, PickleEntry.Name, Storages);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(borrowed);
        }
    }

    /// <summary>The unpacked pickle, its checksum checked where there is one.</summary>
    /// <exception cref="CheckpointFormatException">It is broken, or over a limit.</exception>
    private ReadOnlyMemory<byte> ReadPickle()
    {
        ArchiveInflater.CheckSize(memory, PickleEntry, limits.PickleBytes, nameof(limits.PickleBytes));
        var pickle = new byte[PickleEntry.Bytes];
        ReadPickle(pickle);
        return pickle;
    }

    private void ReadPickle(Span<byte> pickle)
    {
        ArchiveInflater.Read(memory, PickleEntry, limits, limits.PickleBytes, nameof(limits.PickleBytes), pickle);
        if (PickleEntry.HasChecksum && Crc32.HashToUInt32(pickle) is var sum && sum != PickleEntry.Crc32)
            throw new CheckpointFormatException($"The pickle has the checksum {sum:x8}, the directory {PickleEntry.Crc32:x8}", memory.Path, PickleEntry.Name);
    }

    /// <summary>Whether an entry of this name would be the pickle.</summary>
    public static bool IsPickle(string entryName) => entryName == PickleName || entryName.EndsWith("/" + PickleName, StringComparison.Ordinal);

    private ArchiveEntry FindPickle()
    {
        ArchiveEntry? found = null;
        foreach (var entry in entries.InOrder)
        {
            if (!IsPickle(entry.Name))
                continue;
            if (found is not null)
                throw new CheckpointFormatException($"The archive has two pickles, {found.Name} and {entry.Name}", memory.Path);
            found = entry;
        }

        if (ZipContents.Recognise(entries.InOrder) is { } kind)
            throw FileKind.NotACheckpoint(kind, memory.Path);
        return found ?? throw new CheckpointFormatException(
            $"This zip archive is no checkpoint: it has {entries.InOrder.Count} entries and no {PickleName} among them, expected one", memory.Path);
    }

    private string? ReadText(string name)
    {
        const int MaximumBytes = 1024;
        return entries.Find(prefix + name) is { } entry
            ? Encoding.UTF8.GetString(ArchiveInflater.Read(memory, entry, limits, MaximumBytes, "text entry")).Trim()
            : null;
    }
}
