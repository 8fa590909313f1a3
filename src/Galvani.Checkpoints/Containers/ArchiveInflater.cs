using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Unpacks entries, bounded by what the directory announces and by the limits.</summary>
internal static class ArchiveInflater
{
    private const long FreeBytes = 16 << 20;

    /// <summary>The unpacked bytes of an entry.</summary>
    /// <exception cref="CheckpointFormatException">The entry is broken, or over a limit.</exception>
    public static byte[] Read(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits, long maximumBytes, string limitName)
    {
        CheckSize(memory, entry, maximumBytes, limitName);
        var bytes = new byte[entry.Bytes];
        Read(memory, entry, limits, maximumBytes, limitName, bytes);
        return bytes;
    }

    /// <summary>Unpacks an entry into a destination of as many bytes.</summary>
    /// <exception cref="CheckpointFormatException">The entry is broken, or over a limit.</exception>
    public static void Read(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits, long maximumBytes, string limitName, Span<byte> destination)
    {
        CheckSize(memory, entry, maximumBytes, limitName);
        if (!entry.IsDeflated)
        {
            memory.Read(entry.DataOffset, destination);
            return;
        }

        using var stream = OpenStream(memory, entry, limits);
        stream.ReadExactly(destination);
        stream.ReadByte(); // lets the inflater meet data beyond the end, and refuse it
    }

    /// <summary>Refuses entries of more bytes than a limit.</summary>
    public static void CheckSize(MappedMemory memory, ArchiveEntry entry, long maximumBytes, string limitName)
    {
        if (entry.Bytes > Math.Min(maximumBytes, Array.MaxLength))
            throw new CheckpointFormatException($"The entry has {entry.Bytes} bytes, the limit ({limitName}) is {maximumBytes}", memory.Path, entry.Name);
    }

    /// <summary>The unpacked bytes of an entry of any size, to read forward.</summary>
    /// <exception cref="CheckpointFormatException">The entry is over a limit; while reading: its packed bytes are broken.</exception>
    public static Stream OpenStream(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits)
    {
        var packed = memory.OpenStream(entry.DataOffset, entry.CompressedBytes);
        if (!entry.IsDeflated)
            return packed;
        CheckRatio(memory, entry, limits);
        return new InflatingStream(packed, entry, memory.Path);
    }

    /// <summary>Refuses entries that would inflate out of proportion.</summary>
    public static void CheckRatio(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits)
    {
        if (entry.IsDeflated && entry.Bytes > FreeBytes && entry.Bytes / limits.InflationRatio > entry.CompressedBytes)
            throw new CheckpointFormatException(
                $"The entry would unpack {entry.CompressedBytes} bytes to {entry.Bytes}, the limit (InflationRatio) is {limits.InflationRatio} times beyond 16 MiB", memory.Path, entry.Name);
    }
}
