// The directory of a zip file (PKWARE APPNOTE 6.3): end record, zip64 end record and locator, central directory, local headers.
// Read as a whole-file format: the archive starts at byte 0 and ends at the last byte, entries lie one behind the other, and the two
// descriptions of an entry must agree, so that no other reader can see other contents. Left out: encryption, volumes, other methods.
using System.Buffers.Binary;
using System.Text;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Reads and checks the directory of a zip file.</summary>
internal sealed class ZipDirectory
{
    private const uint EntrySignature = 0x02014b50;
    private const int EntryHeaderBytes = 46;
    private const ushort EncryptedFlags = 1 | 1 << 6 | 1 << 13;
    private const uint In64BitField = uint.MaxValue;
    private const ushort Zip64FieldId = 1;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private const int WindowBytes = 1 << 15;

    private readonly MappedMemory file;
    private readonly int directoryBytes;
    private readonly long directoryOffset;
    private byte[] window = []; // the part of the directory that was read last
    private int windowStart;
    private int windowCount;

    private ZipDirectory(MappedMemory file, ZipEnd end)
    {
        this.file = file;
        (directoryOffset, directoryBytes) = (end.DirectoryOffset, (int)end.DirectoryBytes);
    }

    /// <summary>Reads the directory and every local header; no entry's data. The entries come in the directory's order.</summary>
    /// <exception cref="CheckpointFormatException">The archive is broken or ambiguous.</exception>
    public static ZipEntries Read(MappedMemory file, CheckpointLimits limits)
    {
        var end = new ZipEndReader(file).Read();
        if (end.EntryCount > limits.Entries)
            throw Error(file, $"archive has {end.EntryCount} entries, the limit (Entries) is {limits.Entries}", end.EndOffset);
        if (end.DirectoryBytes / EntryHeaderBytes < end.EntryCount || end.DirectoryBytes > Array.MaxLength)
            throw Error(file, $"directory of {end.DirectoryBytes} bytes cannot hold {end.EntryCount} entries", end.DirectoryOffset);
        return new ZipDirectory(file, end).ReadEntries((int)end.EntryCount);
    }

    private ZipEntries ReadEntries(int count)
    {
        var entries = new ArchiveEntry[count];
        var places = new Dictionary<string, int>(count, StringComparer.Ordinal);
        var localHeaders = new ZipLocalHeaderReader(file, directoryOffset, count);
        var position = 0;
        for (var i = 0; i < count; i++)
        {
            var start = position;
            var raw = ReadEntry(ref position);
            if (!places.TryAdd(raw.Name, i))
                throw Error($"two entries are named {raw.Name}", directoryOffset + start);
            entries[i] = localHeaders.Locate(raw);
        }

        if (position != directoryBytes)
            throw Error($"directory holds {directoryBytes - position} bytes after its {count} entries", directoryOffset + position);
        localHeaders.CheckLayout(entries);
        return new ZipEntries(entries, places);
    }

    /// <summary>A part of the directory, cut where that ends; valid until the next is asked for. That of a file of very many entries has megabytes, of which one piece at a time is needed.</summary>
    private ReadOnlyMemory<byte> Part(int position, int count)
    {
        count = Math.Min(count, directoryBytes - position);
        if (position < windowStart || position + count > windowStart + windowCount)
        {
            (windowStart, windowCount) = (position, Math.Min(Math.Max(WindowBytes, count), directoryBytes - position));
            if (window.Length < windowCount)
                window = new byte[windowCount];
            file.Read(directoryOffset + position, window.AsSpan(0, windowCount));
        }

        return window.AsMemory(position - windowStart, count);
    }

    private ZipRawEntry ReadEntry(ref int position)
    {
        var start = position;
        var offset = directoryOffset + start;
        var header = Part(start, EntryHeaderBytes).Span;
        if (header.Length < EntryHeaderBytes || Word(header, 0) != EntrySignature)
            throw Error("directory entry is cut short or lacks its signature", offset);
        var (nameBytes, extraBytes, commentBytes) = (Short(header, 28), Short(header, 30), Short(header, 32));
        if (directoryBytes - start - EntryHeaderBytes < nameBytes + extraBytes + commentBytes)
            throw Error("directory entry runs past the end of the directory", offset);
        var entry = Part(start, EntryHeaderBytes + nameBytes + extraBytes);
        header = entry.Span;
        position += EntryHeaderBytes + nameBytes + extraBytes + commentBytes;

        var flags = Short(header, 8);
        var name = header.Slice(EntryHeaderBytes, nameBytes);
        var text = DecodeName(name);
        if ((flags & EncryptedFlags) != 0)
            throw Error($"entry {text} is encrypted", offset);
        if (Short(header, 34) is var volume && volume is not (0 or ushort.MaxValue))
            throw Error($"entry {text} lies on volume {volume} of a split archive", offset);
        var sizes = new Zip64Sizes(Uncompressed: Word(header, 24), Compressed: Word(header, 20), HeaderOffset: Word(header, 42));
        sizes = WidenSizes(sizes, header.Slice(EntryHeaderBytes + nameBytes, extraBytes), text, offset);
        return new ZipRawEntry(text, entry.Slice(EntryHeaderBytes, nameBytes), flags, IsDeflated(Short(header, 10), text, offset), Word(header, 16), sizes);
    }

    /// <summary>Takes from the zip64 extra field those sizes that do not fit the header.</summary>
    private Zip64Sizes WidenSizes(Zip64Sizes sizes, ReadOnlySpan<byte> extra, string name, long offset)
    {
        if (sizes is { Uncompressed: not In64BitField, Compressed: not In64BitField, HeaderOffset: not In64BitField })
            return sizes;
        while (extra.Length >= 4)
        {
            var (id, length) = (Short(extra, 0), Short(extra, 2));
            if (length > extra.Length - 4)
                break;
            if (id == Zip64FieldId)
            {
                var field = extra.Slice(4, length);
                return new Zip64Sizes(Take(sizes.Uncompressed, ref field), Take(sizes.Compressed, ref field), Take(sizes.HeaderOffset, ref field));
            }

            extra = extra[(4 + length)..];
        }

        throw Error($"entry {name} needs a zip64 field and has none", offset);

        long Take(long value, ref ReadOnlySpan<byte> field)
        {
            if (value != In64BitField)
                return value;
            if (field.Length < 8)
                throw Error($"zip64 field of entry {name} is cut short", offset);
            value = BinaryPrimitives.ReadInt64LittleEndian(field);
            field = field[8..];
            return value >= 0 ? value : throw Error($"zip64 field of entry {name} holds a size beyond 2^63", offset);
        }
    }

    private bool IsDeflated(ushort method, string name, long offset) => method switch
    {
        0 => false,
        8 => true,
        _ => throw Error($"entry {name} has compression method {method}; 0 (stored) and 8 (deflated) are read", offset),
    };

    /// <summary>A name as text.</summary>
    public static string DecodeName(ReadOnlySpan<byte> name)
    {
        try
        {
            return StrictUtf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(name); // an old tool's code page; names matter only for being told apart
        }
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private CheckpointFormatException Error(string problem, long offset) => Error(file, problem, offset);

    private static CheckpointFormatException Error(MappedMemory file, string problem, long offset) => new("The zip " + problem, file.Path, entry: null, offset);
}

/// <summary>Sizes and place of an entry, after zip64 widening.</summary>
internal readonly record struct Zip64Sizes(long Uncompressed, long Compressed, long HeaderOffset);

/// <summary>An entry as the central directory describes it. The bytes of its name are there until the next entry is read.</summary>
internal readonly record struct ZipRawEntry(string Name, ReadOnlyMemory<byte> NameBytes, ushort Flags, bool IsDeflated, uint Crc32, Zip64Sizes Sizes);
