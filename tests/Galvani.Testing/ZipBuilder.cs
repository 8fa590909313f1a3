using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Galvani.Testing;

/// <summary>Builds zip archives byte by byte, also broken ones: every number of every header can be set to something else.</summary>
public sealed class ZipBuilder
{
    private readonly List<Entry> entries = [];

    /// <summary>Bytes in front of the first entry.</summary>
    public byte[] Before { get; set; } = [];

    /// <summary>Bytes behind the end record.</summary>
    public byte[] After { get; set; } = [];

    /// <summary>Bytes between the last entry and the directory.</summary>
    public byte[] BeforeDirectory { get; set; } = [];

    /// <summary>Changes the 22 bytes of the end record.</summary>
    public Action<byte[]>? ChangeEnd { get; set; }

    /// <summary>Writes the zip64 end record and its locator, too.</summary>
    public bool HasZip64 { get; set; }

    /// <summary>Changes the 76 bytes of the zip64 end record and locator.</summary>
    public Action<byte[]>? ChangeZip64 { get; set; }

    /// <summary>Whether an entry is deflated.</summary>
    public bool IsDeflated => entries.Any(entry => entry.Method != 0);

    /// <summary>Adds a stored entry.</summary>
    public ZipBuilder Add(string name, byte[] content, Action<byte[]>? changeLocal = null, Action<byte[]>? changeDirectory = null)
    {
        entries.Add(new Entry(Encoding.UTF8.GetBytes(name), content, content, Method: 0, changeLocal, changeDirectory));
        return this;
    }

    /// <summary>Adds a stored entry whose content begins at a multiple of a number of bytes, by a field of padding.</summary>
    public ZipBuilder AddAligned(string name, byte[] content, int alignment)
    {
        entries.Add(new Entry(Encoding.UTF8.GetBytes(name), content, content, Method: 0, ChangeLocal: null, ChangeDirectory: null) { Alignment = alignment });
        return this;
    }

    /// <summary>Adds a deflated entry.</summary>
    public ZipBuilder AddDeflated(string name, byte[] content, Action<byte[]>? changeLocal = null, Action<byte[]>? changeDirectory = null, Func<byte[], byte[]>? changePacked = null)
    {
        using var packed = new MemoryStream();
        using (var deflater = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            deflater.Write(content);
        entries.Add(new Entry(Encoding.UTF8.GetBytes(name), content, changePacked?.Invoke(packed.ToArray()) ?? packed.ToArray(), Method: 8, changeLocal, changeDirectory));
        return this;
    }

    /// <summary>Adds a stored entry whose sizes stand in the zip64 extra field of both headers.</summary>
    /// <param name="name">The name.</param>
    /// <param name="content">The content.</param>
    /// <param name="changeExtra">Changes the extra field: identifier, length, unpacked size, packed size.</param>
    public ZipBuilder AddZip64(string name, byte[] content, Action<byte[]>? changeExtra = null)
    {
        var extra = new byte[20];
        extra[0] = 1;
        extra[2] = 16;
        BinaryPrimitives.WriteUInt64LittleEndian(extra.AsSpan(4), (ulong)content.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(extra.AsSpan(12), (ulong)content.Length);
        changeExtra?.Invoke(extra);
        entries.Add(new Entry(Encoding.UTF8.GetBytes(name), content, content, Method: 0, header => Widen(header, 18), header => Widen(header, 20)) { Extra = extra });
        return this;

        static void Widen(byte[] header, int at) => header.AsSpan(at, 8).Fill(byte.MaxValue);
    }

    /// <summary>Adds a stored entry as programs write it that learn sizes and checksum last: they stand in a descriptor behind the content, and in the directory.</summary>
    /// <param name="name">The name.</param>
    /// <param name="content">The content.</param>
    /// <param name="changeDescriptor">Makes other bytes of the descriptor: signature, checksum, packed size, unpacked size.</param>
    /// <param name="changeLocal">Changes the header in front of the content.</param>
    public ZipBuilder AddStreamed(string name, byte[] content, Func<byte[], byte[]>? changeDescriptor = null, Action<byte[]>? changeLocal = null)
    {
        var descriptor = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor, 0x08074b50);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor.AsSpan(4), Crc32.HashToUInt32(content));
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor.AsSpan(8), (uint)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor.AsSpan(12), (uint)content.Length);
        entries.Add(new Entry(Encoding.UTF8.GetBytes(name), content, content, Method: 0, Empty, header => header[8] |= 8) { Behind = changeDescriptor?.Invoke(descriptor) ?? descriptor });
        return this;

        void Empty(byte[] header)
        {
            header[6] |= 8;
            header.AsSpan(14, 12).Clear();
            changeLocal?.Invoke(header);
        }
    }

    /// <summary>Adds a stored entry whose name is no UTF-8.</summary>
    public ZipBuilder AddNamed(byte[] name, byte[] content)
    {
        entries.Add(new Entry(name, content, content, Method: 0, ChangeLocal: null, ChangeDirectory: null));
        return this;
    }

    /// <summary>A torch checkpoint: pickle, storages 0, 1 ..., version.</summary>
    public static ZipBuilder Torch(byte[] pickle, params byte[][] storages)
    {
        var zip = new ZipBuilder().Add("archive/data.pkl", pickle);
        for (var i = 0; i < storages.Length; i++)
            zip.Add($"archive/data/{i}", storages[i]);
        return zip.Add("archive/version", "3\n"u8.ToArray());
    }

    /// <summary>The archive's bytes.</summary>
    public byte[] Build()
    {
        using var output = new MemoryStream();
        output.Write(Before);
        var directory = new MemoryStream();
        foreach (var entry in entries)
        {
            if (entry.Alignment > 1)
                entry.Pad(output.Position);
            WriteDirectoryEntry(directory, entry, (uint)output.Position);
            var local = new byte[30];
            FillCommon(local, entry, signature: 0x04034b50, at: 4);
            entry.ChangeLocal?.Invoke(local);
            output.Write(local);
            output.Write(entry.Name);
            output.Write(entry.Extra);
            output.Write(entry.Packed);
            output.Write(entry.Behind);
        }

        output.Write(BeforeDirectory);
        var start = output.Position;
        output.Write(directory.ToArray());
        if (HasZip64)
            WriteZip64(output, start);
        WriteEnd(output, start, (uint)directory.Length);
        output.Write(After);
        return output.ToArray();
    }

    private static void WriteDirectoryEntry(MemoryStream directory, Entry entry, uint offset)
    {
        var header = new byte[46];
        FillCommon(header, entry, signature: 0x02014b50, at: 6);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), 20);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(42), offset);
        entry.ChangeDirectory?.Invoke(header);
        directory.Write(header);
        directory.Write(entry.Name);
        directory.Write(entry.Extra);
    }

    /// <summary>What both headers have in the same order, from the needed version on.</summary>
    private static void FillCommon(byte[] header, Entry entry, uint signature, int at)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, signature);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at), 20);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at + 4), entry.Method);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 10), Crc32.HashToUInt32(entry.Content));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 14), (uint)entry.Packed.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at + 18), (uint)entry.Content.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at + 22), (ushort)entry.Name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at + 24), (ushort)entry.Extra.Length);
    }

    private void WriteZip64(MemoryStream output, long start)
    {
        var records = new byte[76];
        BinaryPrimitives.WriteUInt32LittleEndian(records, 0x06064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(records.AsSpan(4), 44);
        BinaryPrimitives.WriteUInt64LittleEndian(records.AsSpan(24), (ulong)entries.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(records.AsSpan(32), (ulong)entries.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(records.AsSpan(40), (ulong)(output.Position - start));
        BinaryPrimitives.WriteUInt64LittleEndian(records.AsSpan(48), (ulong)start);
        BinaryPrimitives.WriteUInt32LittleEndian(records.AsSpan(56), 0x07064b50);
        BinaryPrimitives.WriteUInt64LittleEndian(records.AsSpan(64), (ulong)output.Position);
        BinaryPrimitives.WriteUInt32LittleEndian(records.AsSpan(72), 1);
        ChangeZip64?.Invoke(records);
        output.Write(records);
    }

    private void WriteEnd(MemoryStream output, long start, uint directoryBytes)
    {
        var end = new byte[22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(8), (ushort)entries.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(end.AsSpan(10), (ushort)entries.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(12), directoryBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(16), (uint)start);
        ChangeEnd?.Invoke(end);
        output.Write(end);
    }

    private sealed record Entry(byte[] Name, byte[] Content, byte[] Packed, ushort Method, Action<byte[]>? ChangeLocal, Action<byte[]>? ChangeDirectory)
    {
        private const int LocalAndFieldBytes = 30 + 4;

        public byte[] Extra { get; set; } = [];

        /// <summary>Bytes between the content and the next entry.</summary>
        public byte[] Behind { get; init; } = [];

        public int Alignment { get; init; } = 1;

        public void Pad(long position)
        {
            var padding = (int)((Alignment - (position + LocalAndFieldBytes + Name.Length) % Alignment) % Alignment);
            Extra = [(byte)'F', (byte)'B', (byte)padding, (byte)(padding >> 8), .. new byte[padding]];
        }
    }
}
