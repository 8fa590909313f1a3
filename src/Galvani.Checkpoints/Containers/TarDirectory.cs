// The directory of a tar archive (POSIX.1-1988 ustar, and the extended headers of POSIX.1-2001 that Python's tarfile writes for times): blocks of 512 bytes, a header in front of each
// file, zeros at the end. Left out: what names or sizes a file anew (extended headers for them, GNU's long names), links, folders, sparse files: no checkpoint has them.
using System.Globalization;
using System.Text;

namespace Galvani.Checkpoints.Containers;

/// <summary>Reads and checks the headers of a tar archive.</summary>
internal sealed class TarDirectory
{
    private const int BlockBytes = 512;
    private const int NameBytes = 100;
    private const int SizeOffset = 124;
    private const int SizeBytes = 12;
    private const int ChecksumOffset = 148;
    private const int ChecksumBytes = 8;
    private const int TypeOffset = 156;
    private const int MagicOffset = 257;
    private const int PrefixOffset = 345;
    private const int PrefixBytes = 155;

    private static readonly string[] Renaming = ["path", "size", "linkpath", "hdrcharset"];

    private readonly ByteSource source;
    private readonly CheckpointLimits limits;
    private long position;

    private TarDirectory(ByteSource source, CheckpointLimits limits) => (this.source, this.limits) = (source, limits);

    /// <summary>Whether a file begins as such an archive does.</summary>
    public static bool IsTar(ReadOnlySpan<byte> head) => head.Length >= BlockBytes && head[MagicOffset..].StartsWith("ustar"u8);

    /// <summary>The files of the archive in order, their bytes not read.</summary>
    /// <exception cref="CheckpointFormatException">The archive is broken, ambiguous, or has more than files.</exception>
    public static List<ArchiveEntry> Read(ByteSource source, CheckpointLimits limits) => new TarDirectory(source, limits).Read();

    private List<ArchiveEntry> Read()
    {
        var entries = new List<ArchiveEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (NextHeader() is { } start)
        {
            var header = source.Slice(start, BlockBytes);
            var bytes = Size(header, start);
            if (header[TypeOffset] == (byte)'x')
                CheckExtended(source.Slice(start + BlockBytes, (int)Math.Min(bytes, int.MaxValue)), start);
            else if (header[TypeOffset] is (byte)'0' or 0)
                entries.Add(Entry(header, start, bytes, names));
            else
                throw Error($"has an entry of type '{(char)header[TypeOffset]}', expected files", start);
            if (entries.Count > limits.Entries)
                throw Error($"has more than {limits.Entries} entries, the limit (Entries)", start);
        }

        return entries;
    }

    /// <summary>The next header; null where the zeros begin that end the archive.</summary>
    private long? NextHeader()
    {
        if (source.Length - position < BlockBytes)
            throw Error("ends without its two blocks of zeros", position);
        if (source.Slice(position, BlockBytes).ContainsAnyExcept((byte)0))
            return position;
        const int PartBytes = 1 << 20;
        if (source.Length - position < 2 * BlockBytes)
            throw Error("ends without its two blocks of zeros", position);
        for (var start = position; start < source.Length; start += PartBytes)
        {
            if (source.Slice(start, (int)Math.Min(PartBytes, source.Length - start)).ContainsAnyExcept((byte)0))
                throw Error("goes on behind its end", start);
        }

        return null;
    }

    private ArchiveEntry Entry(ReadOnlySpan<byte> header, long start, long bytes, HashSet<string> names)
    {
        var prefix = Field(header, PrefixOffset, PrefixBytes);
        var name = prefix.Length == 0 ? Field(header, 0, NameBytes) : $"{prefix}/{Field(header, 0, NameBytes)}";
        if (name.StartsWith("./", StringComparison.Ordinal))
            name = name[2..];
        return names.Add(name)
            ? new ArchiveEntry(name, start + BlockBytes, bytes, bytes, IsDeflated: false, Crc32: 0, start)
            : throw Error($"has two entries named {name}", start);
    }

    /// <summary>Checks a header's sum, and steps over the blocks behind it.</summary>
    private long Size(ReadOnlySpan<byte> header, long start)
    {
        if (!header[MagicOffset..].StartsWith("ustar"u8))
            throw Error("has no header where one is expected", start);
        var sum = 0L;
        for (var i = 0; i < BlockBytes; i++)
            sum += i is >= ChecksumOffset and < ChecksumOffset + ChecksumBytes ? ' ' : header[i];
        if (Octal(header, ChecksumOffset, ChecksumBytes, start) != sum)
            throw Error("has a header whose checksum does not fit", start);
        var bytes = Octal(header, SizeOffset, SizeBytes, start);
        var rest = source.Length - start - BlockBytes;
        if (bytes > rest || (bytes + BlockBytes - 1) / BlockBytes * BlockBytes > rest)
            throw Error($"has an entry of {bytes} bytes, the file has {rest} left", start);
        position = start + BlockBytes + ((bytes + BlockBytes - 1) / BlockBytes * BlockBytes);
        return bytes;
    }

    /// <summary>Records <c>LENGTH KEY=VALUE\n</c>: times and owners are passed over, what gives an entry another name or size is refused.</summary>
    private void CheckExtended(ReadOnlySpan<byte> records, long start)
    {
        while (!records.IsEmpty)
        {
            var space = records.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= space || length > records.Length)
                throw Error("has an extended header that is broken", start);
            var record = records[(space + 1)..length];
            if (record.IndexOf((byte)'=') is not (> 0 and var equals) || record[^1] != (byte)'\n')
                throw Error("has an extended header that is broken", start);
            var key = Encoding.UTF8.GetString(record[..equals]);
            if (Renaming.Contains(key) || key.StartsWith("GNU.", StringComparison.Ordinal))
                throw Error($"has an extended header with {Pickles.PickleText.Quote(key.AsSpan())}, expected times and owners", start);
            records = records[length..];
        }
    }

    private long Octal(ReadOnlySpan<byte> header, int offset, int length, long start)
    {
        var digits = header.Slice(offset, length).Trim(" \0"u8);
        var number = 0L;
        foreach (var digit in digits)
            number = digit is >= (byte)'0' and <= (byte)'7' ? (number * 8) + digit - '0' : throw Error("has a header with what is no octal number", start);
        return digits.IsEmpty ? throw Error("has a header that lacks a number", start) : number;
    }

    private static string Field(ReadOnlySpan<byte> header, int offset, int length)
    {
        var field = header.Slice(offset, length);
        return Encoding.Latin1.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);
    }

    private CheckpointFormatException Error(string problem, long offset) => new("The tar archive " + problem, source.Path, entry: null, offset);
}
