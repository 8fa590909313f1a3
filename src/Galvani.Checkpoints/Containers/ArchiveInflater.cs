using System.IO.Compression;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Unpacks deflated entries, bounded by what the directory announces and by the limits.</summary>
internal static class ArchiveInflater
{
    private const long FreeBytes = 16 << 20;

    /// <summary>The bytes of an entry: a copy of stored ones, the unpacked ones of deflated ones.</summary>
    /// <exception cref="CheckpointFormatException">The entry is broken, or over a limit.</exception>
    public static byte[] Read(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits, long maximumBytes, string limitName)
    {
        if (entry.Bytes > maximumBytes || entry.Bytes > Array.MaxLength)
            throw new CheckpointFormatException($"The entry has {entry.Bytes} bytes, the limit ({limitName}) is {maximumBytes}", memory.Path, entry.Name);
        if (!entry.IsDeflated)
            return memory.Slice(entry.DataOffset, (int)entry.Bytes).ToArray();
        CheckRatio(memory, entry, limits);
        using var packed = new MappedStream(memory, entry.DataOffset, entry.CompressedBytes);
        using var inflater = new DeflateStream(packed, CompressionMode.Decompress);
        var bytes = new byte[entry.Bytes];
        try
        {
            var read = inflater.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read != bytes.Length || inflater.ReadByte() != -1)
                throw new CheckpointFormatException($"The deflated entry does not unpack to the {entry.Bytes} bytes that the directory announces", memory.Path, entry.Name);
        }
        catch (InvalidDataException exception)
        {
            throw new CheckpointFormatException("The deflated entry is broken", memory.Path, entry.Name, byteOffset: null, exception);
        }

        return bytes;
    }

    /// <summary>Refuses entries that would inflate out of proportion.</summary>
    public static void CheckRatio(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits)
    {
        if (entry.Bytes > FreeBytes && entry.Bytes / limits.InflationRatio > entry.CompressedBytes)
            throw new CheckpointFormatException(
                $"The entry would unpack {entry.CompressedBytes} bytes to {entry.Bytes}, the limit (InflationRatio) is {limits.InflationRatio} times beyond 16 MiB", memory.Path, entry.Name);
    }
}
