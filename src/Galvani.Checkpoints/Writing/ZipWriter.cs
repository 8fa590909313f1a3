using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Galvani.Checkpoints.Writing;

/// <summary>
/// Writes a zip archive of stored entries (PKWARE APPNOTE 6.3), data aligned to 64 bytes by a padding field as torch does it, zip64 where a size, an offset or the
/// count needs it. Content is written once, as it comes; its checksum is then put into the header in front of it, so the output must be able to seek. Dates are
/// fixed, so that the same content gives the same bytes.
/// </summary>
internal sealed class ZipWriter(Stream output)
{
    /// <summary>What the content of entries is aligned to as torch does it.</summary>
    public const int UsualAlignment = 64;

    private const int LocalBytes = 30;
    private const int CrcOffset = 14;
    private const ushort PaddingField = 0x4246;        // "FB", torch's own
    private const ushort Zip64Field = 0x0001;
    private const ushort FixedDate = (0 << 9) | (1 << 5) | 1; // 1980-01-01
    private readonly List<Written> entries = [];
    private readonly long start = output.Position;
    private long position;

    private readonly record struct Written(byte[] Name, long Offset, long Bytes, uint Crc);

    /// <summary>Writes an entry that is in memory.</summary>
    public void Add(string name, byte[] bytes) => Add(name, bytes.Length, entry => entry.Write(bytes));

    /// <summary>Writes an entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="byteCount">The length of its content.</param>
    /// <param name="write">Writes exactly so many bytes.</param>
    /// <param name="alignment">What its first byte is a multiple of in the file, up to 32768.</param>
    /// <exception cref="InvalidOperationException">It wrote fewer or more.</exception>
    public void Add(string name, long byteCount, Action<Stream> write, int alignment = UsualAlignment)
    {
        var entry = new Written(Encoding.UTF8.GetBytes(name), position, byteCount, Crc: 0);
        WriteLocal(entry, alignment);
        var content = new EntryStream(output);
        write(content);
        if (content.Bytes != byteCount)
            throw new InvalidOperationException($"{content.Bytes} bytes were written to the entry {name}, {byteCount} were announced.");
        position += byteCount;
        entries.Add(entry with { Crc = content.Crc });
        PatchCrc(entry.Offset, content.Crc);
    }

    /// <summary>Writes the directory.</summary>
    public void Finish()
    {
        var directoryStart = position;
        foreach (var entry in entries)
            WriteDirectoryEntry(entry);
        var length = position - directoryStart;
        if (entries.Count >= ushort.MaxValue || directoryStart >= uint.MaxValue || length >= uint.MaxValue)
            WriteEnd64(directoryStart, length);
        Span<byte> end = stackalloc byte[22];
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], (ushort)Math.Min(entries.Count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)Math.Min(entries.Count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], Clamp(length));
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], Clamp(directoryStart));
        Put(end);
    }

    private void PatchCrc(long headerOffset, uint crc)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, crc);
        output.Position = start + headerOffset + CrcOffset;
        output.Write(bytes);
        output.Position = start + position;
    }

    private void WriteLocal(Written entry, int alignment)
    {
        var isLarge = entry.Bytes >= uint.MaxValue;
        var fixedBytes = LocalBytes + entry.Name.Length + (isLarge ? 20 : 0) + 4;
        var padding = (int)((alignment - (position + fixedBytes) % alignment) % alignment);
        var header = new byte[fixedBytes + padding];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        WriteCommon(header.AsSpan(4), entry);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(26), (ushort)entry.Name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(28), (ushort)(header.Length - LocalBytes - entry.Name.Length));
        entry.Name.CopyTo(header, LocalBytes);
        var extra = header.AsSpan(LocalBytes + entry.Name.Length);
        if (isLarge)
        {
            WriteField(extra, Zip64Field, 16);
            BinaryPrimitives.WriteInt64LittleEndian(extra[4..], entry.Bytes);
            BinaryPrimitives.WriteInt64LittleEndian(extra[12..], entry.Bytes);
            extra = extra[20..];
        }

        WriteField(extra, PaddingField, padding);
        extra[4..].Fill((byte)'Z');
        Put(header);
    }

    private void WriteDirectoryEntry(Written entry)
    {
        var values = new List<long>();
        if (entry.Bytes >= uint.MaxValue)
            values.AddRange([entry.Bytes, entry.Bytes]);
        if (entry.Offset >= uint.MaxValue)
            values.Add(entry.Offset);
        var extraBytes = values.Count == 0 ? 0 : 4 + 8 * values.Count;
        var header = new byte[46 + entry.Name.Length + extraBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014b50);
        WriteCommon(header.AsSpan(6), entry);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(28), (ushort)entry.Name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(30), (ushort)extraBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), Clamp(entry.Offset));
        entry.Name.CopyTo(header, 46);
        if (extraBytes > 0)
        {
            var extra = header.AsSpan(46 + entry.Name.Length);
            WriteField(extra, Zip64Field, extraBytes - 4);
            for (var i = 0; i < values.Count; i++)
                BinaryPrimitives.WriteInt64LittleEndian(extra[(4 + 8 * i)..], values[i]);
        }

        Put(header);
    }

    /// <summary>Version needed, flags, method, time, date, checksum, sizes: 22 bytes that both headers share.</summary>
    private static void WriteCommon(Span<byte> header, Written entry)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(entry.Bytes >= uint.MaxValue || entry.Offset >= uint.MaxValue ? 45 : 20));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 0x0800); // names are UTF-8
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], FixedDate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[10..], entry.Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(header[14..], Clamp(entry.Bytes));
        BinaryPrimitives.WriteUInt32LittleEndian(header[18..], Clamp(entry.Bytes));
    }

    private void WriteEnd64(long directoryStart, long length)
    {
        var recordOffset = position;
        Span<byte> record = stackalloc byte[56 + 20];
        record.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(record[4..], 44);
        BinaryPrimitives.WriteUInt16LittleEndian(record[12..], 45);
        BinaryPrimitives.WriteUInt16LittleEndian(record[14..], 45);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], length);
        BinaryPrimitives.WriteInt64LittleEndian(record[48..], directoryStart);
        BinaryPrimitives.WriteUInt32LittleEndian(record[56..], 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(record[64..], recordOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(record[72..], 1);
        Put(record);
    }

    private static void WriteField(Span<byte> extra, ushort id, int bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(extra, id);
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)bytes);
    }

    private static uint Clamp(long value) => (uint)Math.Min(value, uint.MaxValue);

    private void Put(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        position += bytes.Length;
    }
}
