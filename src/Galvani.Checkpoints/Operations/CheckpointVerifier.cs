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
        string problem;
        try
        {
            using var checkpoint = Checkpoint.Open(path, limits);
            return Verify(checkpoint, progress, cancellationToken);
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            problem = exception.Message;
        }

        return VerifyEntries(path, problem, limits, progress, cancellationToken);
    }

    /// <summary>Verifies a file that is open.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="progress">Receives the bytes read so far; may be null.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    public static VerificationReport Verify(Checkpoint checkpoint, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var problems = PackedVerification.Check(checkpoint, cancellationToken).ToList();
        return Verify(checkpoint.Entries, checkpoint.OpenEntry, checkpoint.FilePath, checkpoint.Tensors.Count, problems, progress, cancellationToken);
    }

    /// <summary>Verifies what can be verified of a file that does not open: the entries of an archive whose directory is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">Why it does not open; the first of the problems.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <param name="progress">Receives the bytes read so far; may be null.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VerificationReport VerifyEntries(string path, string problem, CheckpointLimits? limits = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var problems = new List<string> { problem };
        if (Directory.Exists(path))
            return new VerificationReport(problems, EntryCount: 0, UncheckedEntryCount: 0, TensorCount: 0, Bytes: 0);
        using var memory = MappedMemory.Open(path);
        limits ??= CheckpointLimits.Default;
        var entries = FileKind.IsZip(FileKind.ReadHead(memory)) ? TryReadDirectory(memory, limits) : [];
        return Verify(entries, entry => ArchiveInflater.OpenStream(memory, entry, limits), path, tensorCount: 0, problems, progress, cancellationToken);
    }

    private static VerificationReport Verify(
        IReadOnlyList<ArchiveEntry> entries, Func<ArchiveEntry, Stream> open, string path, int tensorCount, List<string> problems, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var without = 0;
        var bytes = 0L;
        var buffer = new byte[ChunkBytes];
        foreach (var entry in entries)
        {
            var problem = CheckEntry(open, entry, buffer, Count, cancellationToken);
            if (problem is null)
                continue;
            if (problem.Length == 0)
                without++;
            else if ($"{problem} ({path}: {entry.Name})" is var located && problems.FirstOrDefault() != located) // it may be why the file does not open
                problems.Add(located);
        }

        return new VerificationReport(problems, entries.Count, without, tensorCount, bytes);

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
            return ZipDirectory.Read(memory, limits).InOrder;
        }
        catch (CheckpointFormatException)
        {
            return []; // opening the file reported it already
        }
    }

    /// <returns>Null for a good entry, an empty text for one without a checksum, else the problem.</returns>
    private static string? CheckEntry(Func<ArchiveEntry, Stream> open, ArchiveEntry entry, byte[] buffer, Action<int> read, CancellationToken cancellationToken)
    {
        var crc = new Crc32();
        try
        {
            using var content = open(entry);
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
