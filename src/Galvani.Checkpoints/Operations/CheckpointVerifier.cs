using System.IO.Hashing;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Packing;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Operations;

/// <summary>What a verification found.</summary>
/// <param name="Problems">Everything that is wrong; empty for a whole and consistent file.</param>
/// <param name="EntryCount">The archive entries, or parts of a file that is no archive, that were looked at.</param>
/// <param name="UncheckedEntryCount">Entries that were written without a checksum, as newer torch can do.</param>
/// <param name="TensorCount">The tensors, each checked by bounds.</param>
/// <param name="Bytes">The unpacked bytes read.</param>
public sealed record VerificationReport(IReadOnlyList<string> Problems, int EntryCount, int UncheckedEntryCount, int TensorCount, long Bytes);

/// <summary>Verifies a file: every entry against its checksum, the pickle, every tensor against its storage.</summary>
public static class CheckpointVerifier
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Verifies a file. Problems of its content are reported together, not thrown.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <param name="progress">Receives the bytes read so far; may be null.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VerificationReport Verify(string path, CheckpointLimits? limits = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        limits ??= CheckpointLimits.Default;
        var problems = new List<string>();
        int without = 0, tensors = 0;
        IReadOnlyList<ArchiveEntry>? entries = null;
        long bytes = 0;
        try
        {
            using var checkpoint = Checkpoint.Open(path, limits);
            (tensors, entries) = (checkpoint.Tensors.Count, checkpoint.Entries);
            problems.AddRange(PackedVerification.Check(checkpoint, cancellationToken));
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            problems.Add(exception.Message);
        }

        if (Directory.Exists(path))
            return new VerificationReport(problems, EntryCount: 0, without, tensors, bytes);
        using var memory = MappedMemory.Open(path);
        entries ??= FileKind.IsZip(FileKind.ReadHead(memory)) ? TryReadDirectory(memory, limits) : [];
        var buffer = new byte[ChunkBytes];
        foreach (var entry in entries)
        {
            var problem = CheckEntry(memory, entry, limits, buffer, Count, cancellationToken);
            if (problem is null)
                continue;
            if (problem.Length == 0)
                without++;
            else
                problems.Add($"{problem} ({path}: {entry.Name})");
        }

        return new VerificationReport(problems, entries.Count, without, tensors, bytes);

        void Count(int read)
        {
            bytes += read;
            progress?.Report(bytes);
        }
    }

    private static IReadOnlyList<ArchiveEntry> TryReadDirectory(MappedMemory memory, CheckpointLimits limits)
    {
        try
        {
            return ZipDirectory.Read(memory, limits);
        }
        catch (CheckpointFormatException)
        {
            return []; // opening the file reported it already
        }
    }

    /// <returns>Null for a good entry, an empty text for one without a checksum, else the problem.</returns>
    private static string? CheckEntry(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits, byte[] buffer, Action<int> read, CancellationToken cancellationToken)
    {
        var crc = new Crc32();
        try
        {
            using var content = ArchiveInflater.OpenStream(memory, entry, limits);
            long total = 0;
            for (int count; (count = content.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                crc.Append(buffer.AsSpan(0, count));
                total += count;
                if (total > entry.Bytes)
                    break;
                read(count);
            }

            if (total != entry.Bytes)
                return $"The entry has {total} bytes, the directory announces {entry.Bytes}";
        }
        catch (CheckpointFormatException exception)
        {
            return exception.Problem;
        }

        var actual = crc.GetCurrentHashAsUInt32();
        if (actual == entry.Crc32)
            return null;
        return !entry.HasChecksum ? "" : $"The checksum is {actual:x8}, the directory has {entry.Crc32:x8}: the entry was damaged";
    }
}
