using System.Buffers.Binary;
using System.Text;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// The directory of a zip archive (PKWARE APPNOTE 6.3), read from a mapped file: stored and deflated entries, zip64, any order. Strict: what a reader could
/// understand in two ways is refused (junk before or after, duplicate names, overlapping entries, local headers that contradict the directory,
/// encryption, data descriptors without sizes in the directory). Checksums are not looked at here.
/// </summary>
internal static class ZipDirectory
{
    private const uint LocalHeader = 0x04034b50;
    private const uint DirectoryHeader = 0x02014b50;
    private const uint End = 0x06054b50;
    private const uint End64 = 0x06064b50;
    private const uint End64Locator = 0x07064b50;
    private const int EndBytes = 22;
    private const int End64Bytes = 56;
    private const int LocatorBytes = 20;
    private const int LocalBytes = 30;
    private const int DirectoryBytes = 46;
    private const ushort Zip64Field = 0x0001;

    /// <summary>Reads and checks the whole directory.</summary>
    /// <exception cref="CheckpointFormatException">Something is broken or ambiguous.</exception>
    public static IReadOnlyList<ArchiveEntry> Read(MappedMemory memory, CheckpointLimits limits)
    {
        var (count, start, length, endOffset) = FindDirectory(memory);
        if (count > (ulong)limits.Entries)
            throw Broken(memory, $"The archive has {count} entries, the limit (Entries) is {limits.Entries}", endOffset);
        if (count * (ulong)DirectoryBytes > (ulong)length)
            throw Broken(memory, $"The directory of {length} bytes cannot hold {count} entries", endOffset);
        if (length > int.MaxValue)
            throw Broken(memory, $"The directory has {length} bytes, more than {int.MaxValue}", endOffset);
        var directory = memory.Slice(start, (int)length);
        var entries = new List<ArchiveEntry>((int)count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var position = 0;
        for (ulong i = 0; i < count; i++)
        {
            var entry = ReadEntry(memory, directory, start, ref position);
            if (!names.Add(entry.Name))
                throw Broken(memory, $"The directory names {entry.Name} twice", start + position);
            entries.Add(entry);
        }

        if (position != directory.Length)
            throw Broken(memory, $"The directory has {directory.Length - position} bytes behind its last entry", start + position);
        CheckOverlaps(memory, entries, start);
        return entries;
    }

    private static (ulong Count, long Start, long Length, long EndOffset) FindDirectory(MappedMemory memory)
    {
        if (memory.Length < EndBytes)
            throw Broken(memory, $"A zip archive needs {EndBytes} bytes at least, the file has {memory.Length}", 0);
        var endOffset = FindEnd(memory);
        var end = memory.Slice(endOffset, EndBytes);
        var disk = U16(end, 4) | U16(end, 6);
        ulong count = U16(end, 10);
        long length = U32(end, 12);
        long start = U32(end, 16);
        var directoryEnd = endOffset;
        if ((count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue || HasLocator(memory, endOffset)) && HasLocator(memory, endOffset))
        {
            (count, start, length, directoryEnd) = ReadEnd64(memory, endOffset);
            disk = 0;
        }
        else if (U16(end, 8) != count)
            throw Broken(memory, $"The archive's end counts {U16(end, 8)} and {count} entries", endOffset);

        if (disk is not (0 or ushort.MaxValue))
            throw Broken(memory, "The archive is split over several disks", endOffset);
        if (start < 0 || length < 0 || start > directoryEnd || directoryEnd - start != length)
            throw Broken(memory, $"The directory should lie in bytes {start} to {start + (Int128)length}, directly before byte {directoryEnd}", endOffset);
        return (count, start, length, endOffset);
    }

    private static long FindEnd(MappedMemory memory)
    {
        // The end record is the last thing in the file: torch writes no comment. One with a comment is accepted when the comment ends the file.
        var window = (int)Math.Min(memory.Length, EndBytes + ushort.MaxValue);
        var tail = memory.Slice(memory.Length - window, window);
        for (var at = window - EndBytes; at >= 0; at--)
        {
            if (U32(tail, at) == End && at + EndBytes + U16(tail, at + 20) == window)
                return memory.Length - window + at;
        }

        throw Broken(memory, "The archive has no end record: it is truncated, or something follows it", memory.Length);
    }

    private static bool HasLocator(MappedMemory memory, long endOffset) =>
        endOffset >= LocatorBytes && U32(memory.Slice(endOffset - LocatorBytes, 4), 0) == End64Locator;

    private static (ulong Count, long Start, long Length, long RecordOffset) ReadEnd64(MappedMemory memory, long endOffset)
    {
        var locator = memory.Slice(endOffset - LocatorBytes, LocatorBytes);
        var offset = U64(locator, 8);
        if (offset > (ulong)(endOffset - LocatorBytes) || (ulong)(endOffset - LocatorBytes) - offset < End64Bytes)
            throw Broken(memory, $"The zip64 end record should be at byte {offset}, outside the archive", endOffset - LocatorBytes);
        var record = memory.Slice((long)offset, End64Bytes);
        if (U32(record, 0) != End64)
            throw Broken(memory, "There is no zip64 end record where the locator points", (long)offset);
        if (U64(record, 4) + 12 != (ulong)(endOffset - LocatorBytes) - offset)
            throw Broken(memory, $"The zip64 end record says {U64(record, 4)} bytes, it has {endOffset - LocatorBytes - (long)offset - 12}", (long)offset);
        var (onDisk, total, length, start) = (U64(record, 24), U64(record, 32), U64(record, 40), U64(record, 48));
        if (onDisk != total || length > long.MaxValue || start > long.MaxValue)
            throw Broken(memory, "The zip64 end record contradicts itself", (long)offset);
        return (total, (long)start, (long)length, (long)offset);
    }

    private static ArchiveEntry ReadEntry(MappedMemory memory, ReadOnlySpan<byte> directory, long start, ref int position)
    {
        var at = start + position;
        if (directory.Length - position < DirectoryBytes || U32(directory, position) != DirectoryHeader)
            throw Broken(memory, "There is no directory entry where one is expected", at);
        var header = directory[position..];
        int nameBytes = U16(header, 28), extraBytes = U16(header, 30), commentBytes = U16(header, 32);
        if (header.Length < DirectoryBytes + nameBytes + extraBytes + commentBytes)
            throw Broken(memory, "A directory entry is longer than the directory", at);
        var name = DecodeName(memory, header.Slice(DirectoryBytes, nameBytes), at);
        ulong compressed = U32(header, 20), bytes = U32(header, 24), offset = U32(header, 42);
        ReadZip64(memory, header.Slice(DirectoryBytes + nameBytes, extraBytes), name, at, ref bytes, ref compressed, ref offset);
        if ((U16(header, 8) & 0x2041) != 0)
            throw Broken(memory, $"The entry {name} is encrypted", at);
        var method = U16(header, 10);
        if (method is not (0 or 8))
            throw Broken(memory, $"The entry {name} uses compression method {method}; 0 (stored) and 8 (deflated) are read", at);
        if (method == 0 && compressed != bytes)
            throw Broken(memory, $"The stored entry {name} has {compressed} bytes packed and {bytes} unpacked", at);
        position += DirectoryBytes + nameBytes + extraBytes + commentBytes;
        var data = CheckLocalHeader(memory, header, name, offset, compressed, start);
        return new ArchiveEntry(name, data, (long)compressed, (long)bytes, method == 8, U32(header, 16), (long)offset);
    }

    private static void ReadZip64(MappedMemory memory, ReadOnlySpan<byte> extra, string name, long at, ref ulong bytes, ref ulong compressed, ref ulong offset)
    {
        while (extra.Length >= 4)
        {
            var (id, length) = (U16(extra, 0), U16(extra, 2));
            if (length > extra.Length - 4)
                throw Broken(memory, $"An extra field of {name} is longer than its place", at);
            if (id == Zip64Field)
            {
                var field = extra.Slice(4, length);
                Take(ref bytes, ref field);
                Take(ref compressed, ref field);
                Take(ref offset, ref field);
            }

            extra = extra[(4 + length)..];
        }

        if (bytes > long.MaxValue || compressed > long.MaxValue || offset > long.MaxValue)
            throw Broken(memory, $"The entry {name} has a negative size or offset", at);

        static void Take(ref ulong value, ref ReadOnlySpan<byte> field)
        {
            if (value != uint.MaxValue || field.Length < 8)
                return;
            value = U64(field, 0);
            field = field[8..];
        }
    }

    private static long CheckLocalHeader(MappedMemory memory, ReadOnlySpan<byte> entry, string name, ulong offset, ulong compressed, long directoryStart)
    {
        if (offset > (ulong)directoryStart || (ulong)directoryStart - offset < LocalBytes)
            throw Broken(memory, $"The entry {name} should begin at byte {offset}, outside the archive's data", directoryStart);
        var local = memory.Slice((long)offset, LocalBytes);
        if (U32(local, 0) != LocalHeader)
            throw Broken(memory, $"There is no local header of {name}", (long)offset);
        int nameBytes = U16(local, 26), extraBytes = U16(local, 28);
        var data = (long)offset + LocalBytes + nameBytes + extraBytes;
        if (data > directoryStart || (ulong)(directoryStart - data) < compressed)
            throw Broken(memory, $"The entry {name} has {compressed} bytes at byte {data}, past the archive's data", (long)offset);
        var localName = memory.Slice((long)offset + LocalBytes, nameBytes);
        if (!localName.SequenceEqual(entry.Slice(DirectoryBytes, U16(entry, 28))) || U16(local, 8) != U16(entry, 10))
            throw Broken(memory, $"The local header of {name} contradicts the directory", (long)offset);
        if ((U16(local, 6) & 0x2041) != 0)
            throw Broken(memory, $"The entry {name} is encrypted", (long)offset);
        var hasDescriptor = (U16(local, 6) & 8) != 0;
        if (!hasDescriptor && (Contradicts(U32(local, 18), U32(entry, 20)) || Contradicts(U32(local, 22), U32(entry, 24)) || U32(local, 14) != U32(entry, 16)))
            throw Broken(memory, $"The local header of {name} contradicts the directory", (long)offset);
        return data;

        static bool Contradicts(uint local, uint directory) => local != directory && local != uint.MaxValue && directory != uint.MaxValue;
    }

    private static string DecodeName(MappedMemory memory, ReadOnlySpan<byte> bytes, long at)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CheckpointFormatException("The name of an archive entry is not UTF-8", memory.Path, entry: null, at, exception);
        }
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static void CheckOverlaps(MappedMemory memory, List<ArchiveEntry> entries, long directoryStart)
    {
        var order = entries.ToArray();
        Array.Sort(order, (left, right) => left.HeaderOffset.CompareTo(right.HeaderOffset));
        if (order.Length > 0 && order[0].HeaderOffset != 0)
            throw Broken(memory, $"{order[0].HeaderOffset} bytes stand before the first entry", 0);
        for (var i = 0; i < order.Length; i++)
        {
            var end = order[i].DataOffset + order[i].CompressedBytes;
            var next = i + 1 < order.Length ? order[i + 1].HeaderOffset : directoryStart;
            if (end > next)
                throw Broken(memory, $"The entry {order[i].Name} overlaps what follows it", order[i].HeaderOffset);
        }
    }

    private static CheckpointFormatException Broken(MappedMemory memory, string problem, long offset) => new(problem, memory.Path, entry: null, offset);

    private static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
