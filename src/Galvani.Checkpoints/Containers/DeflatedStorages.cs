using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The deflated storages of a file. One is unpacked as a whole when it is first read, and kept, since tensors are read in parts and several may share it; small ones only until the next is read. What all of them take unpacked counts
/// as memory of the file, so that a small one has room for all, and unpacks none twice in whatever order its tensors are read; of a large one those unpacked first make room. Arrays of numpy, which share nothing, are read one after the
/// other: they may be more together, as far as tensors may.
/// </summary>
internal sealed class DeflatedStorages(MappedMemory memory, CheckpointLimits limits, PickleBudget budget)
{
    /// <summary>More than a file of 20 MB may have.</summary>
    private const long MostKeptBytes = 160L << 20;

    /// <summary>What is smaller takes as long to unpack as to find, and more memory than its bytes: a file may have very many such storages.</summary>
    private const int LeastKeptBytes = 4096;

    private readonly Lock gate = new();
    private readonly Dictionary<long, byte[]> kept = []; // by the places of the entries
    private readonly Queue<long> order = new();
    private long keptBytes;
    private (long Place, byte[]? Bytes) last;

    /// <summary>Whether each storage is one array.</summary>
    public bool AreArrays { get; init; }

    /// <summary>The bytes of an entry, for a storage.</summary>
    /// <exception cref="CheckpointFormatException">It would unpack out of proportion, or the file's storages would together.</exception>
    public DeflatedBytes Add(ArchiveEntry entry)
    {
        ArchiveInflater.CheckRatio(memory, entry, limits);
        return budget.ChargeUnpacked(AreArrays ? Math.Min(entry.Bytes, LeastKeptBytes) : entry.Bytes) is { } problem ? throw new CheckpointFormatException(problem, memory.Path, entry.Name) : new DeflatedBytes(this, entry);
    }

    /// <summary>The unpacked bytes of an entry.</summary>
    /// <exception cref="CheckpointFormatException">The entry is broken.</exception>
    public byte[] Unpack(ArchiveEntry entry) => entry.Bytes < LeastKeptBytes ? UnpackSmall(entry) : UnpackKept(entry);

    /// <summary>An entry of which little was remembered: its own header has the rest, as it had when the file was opened.</summary>
    public ArchiveEntry EntryAt(long headerOffset, long compressedBytes, long bytes)
    {
        var (name, dataOffset) = ZipLocalHeaderReader.ReadAgain(memory, headerOffset);
        return new ArchiveEntry(name, dataOffset, compressedBytes, bytes, IsDeflated: true, Crc32: 0, headerOffset);
    }

    private byte[] UnpackSmall(ArchiveEntry entry)
    {
        lock (gate)
        {
            if (last is { Bytes: { } known } && last.Place == entry.DataOffset)
                return known;
        }

        var bytes = Read(entry); // not while others wait: several threads unpack small ones at a time
        lock (gate)
            last = (entry.DataOffset, bytes);
        return bytes;
    }

    private byte[] UnpackKept(ArchiveEntry entry)
    {
        lock (gate)
        {
            if (kept.TryGetValue(entry.DataOffset, out var bytes))
                return bytes;
            bytes = Read(entry);
            Keep(entry.DataOffset, bytes);
            return bytes;
        }
    }

    private byte[] Read(ArchiveEntry entry) => ArchiveInflater.Read(memory, entry, limits, limits.MemoryBytes(memory.Length), nameof(limits.MemoryRatio));

    private void Keep(long place, byte[] bytes)
    {
        keptBytes += bytes.Length;
        while (keptBytes > MostKeptBytes && order.TryDequeue(out var oldest) && kept.Remove(oldest, out var forgotten))
            keptBytes -= forgotten.Length;
        kept.Add(place, bytes);
        order.Enqueue(place);
    }
}
