using System.Buffers.Binary;
using System.Collections;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>
/// Reads the header in front of each entry's data, checks it against the directory, and finds where the data starts. Then checks that the
/// entries lie one behind the other without overlap and without bytes that belong to none.
/// </summary>
internal sealed class ZipLocalHeaderReader(MappedMemory file, long directoryOffset, int entryCount)
{
    private const uint Signature = 0x04034b50;
    private const int HeaderBytes = 30;
    private const int NearBytes = 1 << 12; // headers this close to one another are read together
    private const int WindowBytes = 1 << 15;
    private const ushort DescriptorFlag = 1 << 3;
    private const int LongestDescriptor = 24; // signature, CRC, two 64-bit sizes

    private readonly BitArray isStreamed = new(entryCount);
    private int locatedCount;
    private byte[] window = new byte[256]; // what was read last
    private long windowStart;
    private int windowCount;
    private long previousOffset = -1;

    public ArchiveEntry Locate(ZipRawEntry raw)
    {
        var offset = raw.Sizes.HeaderOffset;
        if (offset > directoryOffset - HeaderBytes)
            throw Error($"entry {raw.Name} starts at {offset}, outside the {directoryOffset} bytes in front of the directory", offset);
        var name = raw.NameBytes.Span;
        var header = ReadHeader(offset, (int)Math.Min(HeaderBytes + name.Length, directoryOffset - offset));
        if (Word(header, 0) != Signature)
            throw Error($"entry {raw.Name} has no header where the directory says", offset);
        if (Short(header, 26) != name.Length || !header[HeaderBytes..].SequenceEqual(name))
            throw Error($"entry {raw.Name} has another name in its own header than in the directory", offset);
        CheckAgrees(raw, header, offset);

        var dataOffset = offset + HeaderBytes + Short(header, 26) + Short(header, 28);
        var (packed, unpacked) = (raw.Sizes.Compressed, raw.Sizes.Uncompressed);
        if (dataOffset > directoryOffset || packed > directoryOffset - dataOffset)
            throw Error($"entry {raw.Name} of {packed} bytes at {dataOffset} runs past the start of the directory at {directoryOffset}", offset);
        if (!raw.IsDeflated && packed != unpacked)
            throw Error($"stored entry {raw.Name} has {packed} bytes packed and {unpacked} unpacked", offset);
        isStreamed[locatedCount++] = HasDescriptor(raw.Flags);
        return new ArchiveEntry(raw.Name, dataOffset, packed, unpacked, raw.IsDeflated, raw.Crc32, offset);
    }

    /// <summary>A header and its name. Each read costs a system call, and a file may have very many small entries one behind the other: where headers are near, a read takes in those that follow.</summary>
    private ReadOnlySpan<byte> ReadHeader(long offset, int count)
    {
        if (offset < windowStart || offset + count > windowStart + windowCount)
        {
            var isNear = previousOffset >= 0 && offset > previousOffset && offset - previousOffset <= NearBytes;
            windowCount = isNear ? (int)Math.Min(Math.Max(WindowBytes, count), directoryOffset - offset) : count;
            windowStart = offset;
            if (window.Length < windowCount)
                window = new byte[windowCount];
            file.Read(offset, window.AsSpan(0, windowCount));
        }

        previousOffset = offset;
        return window.AsSpan((int)(offset - windowStart), count);
    }

    /// <summary>The name of an entry that was located before, and where its data starts.</summary>
    public static (string Name, long DataOffset) ReadAgain(MappedMemory file, long headerOffset)
    {
        var header = file.Slice(headerOffset, HeaderBytes); // in the map: the data behind it is unpacked there, and its page is touched anyway
        var name = file.Slice(headerOffset + HeaderBytes, Short(header, 26));
        return (ZipDirectory.DecodeName(name), headerOffset + HeaderBytes + name.Length + Short(header, 28));
    }

    /// <summary>Checks that the entries lie one behind the other.</summary>
    /// <param name="entries">All that were located, in that order.</param>
    public void CheckLayout(ArchiveEntry[] entries)
    {
        var order = OrderInFile(entries);
        var end = 0L;
        var allowedGap = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            var place = order?[i] ?? i;
            var entry = entries[place];
            CheckGap(end, entry.HeaderOffset, allowedGap);
            (end, allowedGap) = (entry.DataOffset + entry.CompressedBytes, isStreamed[place] ? LongestDescriptor : 0);
        }

        CheckGap(end, directoryOffset, allowedGap);
    }

    /// <summary>The places of the entries from the file's beginning to its end; null where they have that order already, as nearly always.</summary>
    private static int[]? OrderInFile(ArchiveEntry[] entries)
    {
        var isOrdered = true;
        for (var i = 1; i < entries.Length && isOrdered; i++)
            isOrdered = entries[i - 1].HeaderOffset <= entries[i].HeaderOffset;
        if (isOrdered)
            return null;
        int[] order = [.. Enumerable.Range(0, entries.Length)];
        Array.Sort(entries.Select(entry => entry.HeaderOffset).ToArray(), order);
        return order;
    }

    private void CheckGap(long end, long start, int allowedGap)
    {
        if (start < end)
            throw Error($"entries overlap: one ends at {end}, the next starts at {start}", start);
        if (start - end > allowedGap)
            throw Error($"{start - end} bytes at {end} belong to no entry", end);
    }

    /// <summary>With a data descriptor the header's CRC and sizes may be 0; otherwise they equal the directory's (or are in a zip64 field).</summary>
    private void CheckAgrees(ZipRawEntry raw, ReadOnlySpan<byte> header, long offset)
    {
        var isStreamed = HasDescriptor(raw.Flags);
        if (Short(header, 6) != raw.Flags && (Short(header, 6) & DescriptorFlag) != (raw.Flags & DescriptorFlag))
            throw Error($"entry {raw.Name} has flags {Short(header, 6)} in its own header and {raw.Flags} in the directory", offset);
        if (Short(header, 8) != (raw.IsDeflated ? 8 : 0))
            throw Error($"entry {raw.Name} has method {Short(header, 8)} in its own header, another in the directory", offset);
        Check("CRC", Word(header, 14), raw.Crc32, isWide: false);
        Check("packed size", Word(header, 18), raw.Sizes.Compressed, isWide: true);
        Check("unpacked size", Word(header, 22), raw.Sizes.Uncompressed, isWide: true);

        void Check(string what, uint local, long central, bool isWide)
        {
            if (local != central && !(isStreamed && local == 0) && !(isWide && local == uint.MaxValue))
                throw Error($"entry {raw.Name} has {what} {local} in its own header and {central} in the directory", offset);
        }
    }

    private static bool HasDescriptor(ushort flags) => (flags & DescriptorFlag) != 0;

    private static ushort Short(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private CheckpointFormatException Error(string problem, long offset) => new("The zip " + problem, file.Path, entry: null, offset);
}
