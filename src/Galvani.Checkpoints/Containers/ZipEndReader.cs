using System.Buffers.Binary;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Where the central directory lies.</summary>
/// <param name="EntryCount">How many entries it holds.</param>
/// <param name="DirectoryBytes">Its size.</param>
/// <param name="DirectoryOffset">Its place in the file.</param>
/// <param name="EndOffset">Where the end records start: directly behind it.</param>
internal readonly record struct ZipEnd(long EntryCount, long DirectoryBytes, long DirectoryOffset, long EndOffset);

/// <summary>Finds and checks the end records of a zip file: the plain one, and the zip64 pair in front of it.</summary>
internal sealed class ZipEndReader(MappedMemory file)
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int Zip64EndBytes = 56;
    private const int LongestComment = ushort.MaxValue;

    public ZipEnd Read()
    {
        var endOffset = FindEnd();
        Span<byte> end = stackalloc byte[EndBytes];
        file.Read(endOffset, end);
        if (Short(end, 4) is not (0 or ushort.MaxValue) || Short(end, 6) is not (0 or ushort.MaxValue))
            throw Error("archive is one volume of several", endOffset);
        if (Short(end, 8) != Short(end, 10))
            throw Error($"end record counts {Short(end, 8)} entries on this volume and {Short(end, 10)} in all", endOffset);

        var plain = new ZipEnd(Short(end, 10), Word(end, 12), Word(end, 16), endOffset);
        var isZip64 = plain.EntryCount == ushort.MaxValue || plain.DirectoryBytes == uint.MaxValue || plain.DirectoryOffset == uint.MaxValue;
        var result = ReadZip64(endOffset, isZip64) is { } wide ? CheckAgree(plain, wide) : plain;
        if ((Int128)result.DirectoryOffset + result.DirectoryBytes != result.EndOffset)
            throw Error($"directory of {result.DirectoryBytes} bytes at {result.DirectoryOffset} does not end where the end record starts", result.EndOffset);
        return result;
    }

    /// <summary>The end record whose comment ends with the file; anything behind it makes the file no archive.</summary>
    private long FindEnd()
    {
        if (file.Length < EndBytes)
            throw Error($"archive of {file.Length} bytes is cut short", file.Length);
        var tailBytes = (int)Math.Min(file.Length, EndBytes);
        if (IsEnd(file.Length - tailBytes))
            return file.Length - tailBytes;

        var tail = new byte[(int)Math.Min(file.Length, EndBytes + LongestComment)];
        file.Read(file.Length - tail.Length, tail);
        for (var i = tail.Length - EndBytes; i >= 0; i--)
        {
            if (Word(tail, i) == EndSignature && Short(tail, i + 20) == tail.Length - i - EndBytes)
                return file.Length - tail.Length + i;
        }

        throw Error("end record is missing: the archive is cut short, or followed by other data", file.Length);
    }

    private bool IsEnd(long offset)
    {
        Span<byte> end = stackalloc byte[EndBytes];
        file.Read(offset, end);
        return Word(end, 0) == EndSignature && Short(end, 20) == 0;
    }

    private ZipEnd? ReadZip64(long endOffset, bool isNeeded)
    {
        Span<byte> locator = stackalloc byte[LocatorBytes];
        if (endOffset >= LocatorBytes + Zip64EndBytes)
            file.Read(endOffset - LocatorBytes, locator);
        if (Word(locator, 0) != Zip64LocatorSignature)
            return isNeeded ? throw Error("archive needs a zip64 end record and has none", endOffset) : null;

        var offset = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        if (offset != endOffset - LocatorBytes - Zip64EndBytes)
            throw Error($"zip64 end record is said to be at {offset}, expected at {endOffset - LocatorBytes - Zip64EndBytes}", endOffset - LocatorBytes);
        Span<byte> wide = stackalloc byte[Zip64EndBytes];
        file.Read(offset, wide);
        if (Word(wide, 0) != Zip64EndSignature || BinaryPrimitives.ReadInt64LittleEndian(wide[4..]) != Zip64EndBytes - 12)
            throw Error("zip64 end record lacks its signature or has another size than 44", offset);
        var count = BinaryPrimitives.ReadInt64LittleEndian(wide[32..]);
        var (bytes, start) = (BinaryPrimitives.ReadInt64LittleEndian(wide[40..]), BinaryPrimitives.ReadInt64LittleEndian(wide[48..]));
        if (count < 0 || bytes < 0 || start < 0)
            throw Error("zip64 end record holds a number beyond 2^63", offset);
        return new ZipEnd(count, bytes, start, offset);
    }

    /// <summary>What the plain record says too must be the same: another reader might look only there.</summary>
    private ZipEnd CheckAgree(ZipEnd plain, ZipEnd wide)
    {
        if (plain.EntryCount != ushort.MaxValue && plain.EntryCount != wide.EntryCount
            || plain.DirectoryBytes != uint.MaxValue && plain.DirectoryBytes != wide.DirectoryBytes
            || plain.DirectoryOffset != uint.MaxValue && plain.DirectoryOffset != wide.DirectoryOffset)
            throw Error("zip64 end record and plain end record contradict each other", wide.EndOffset);
        return wide;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private CheckpointFormatException Error(string problem, long offset) => new("The zip " + problem, file.Path, entry: null, offset);
}
