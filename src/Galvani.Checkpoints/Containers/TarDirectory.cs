// The directory of a tar archive as torch before 0.1.10 wrote it with Python's tarfile (POSIX.1-2001): blocks of 512 bytes, a header in front of each file, zeros behind it and at the end. In front of
// a file may stand records, an entry of type x: its time as a fraction, owners that the header has no room for, and, from 8 GiB on, its size. Left out, because torch wrote none:
// names in records or in GNU's entries, records about all files, GNU's numbers to the base 256, links, folders, sparse files.
using System.Globalization;
using System.Text;

namespace Galvani.Checkpoints.Containers;

/// <summary>Reads and checks the headers of a tar archive.</summary>
internal sealed class TarDirectory
{
    private const int BlockBytes = TarHeader.BlockBytes;
    private const char Records = 'x';
    private const string SizeRecord = "size";

    /// <summary>The sizes that a header has no room for begin here.</summary>
    private const long LeastRecordedSize = 1L << 33;

    /// <summary>A few lines are all that torch wrote.</summary>
    private const int MostRecordBytes = 1 << 20;

    /// <summary>What a record may tell beside the size; nothing of it is used.</summary>
    private static readonly string[] KnownRecords = ["mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "hdrcharset"];

    private readonly ByteSource source;
    private readonly CheckpointLimits limits;
    private readonly List<ArchiveEntry> entries = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private long position;
    private long? recordsStart; // of records whose file has not come yet
    private long? recordedSize;

    private TarDirectory(ByteSource source, CheckpointLimits limits) => (this.source, this.limits) = (source, limits);

    /// <summary>Whether a file begins as such an archive does.</summary>
    public static bool IsTar(ReadOnlySpan<byte> head) => new TarHeader(head).HasMark;

    /// <summary>The files of the archive in order, their bytes not read.</summary>
    /// <exception cref="CheckpointFormatException">The archive is broken, ambiguous, or has more than files.</exception>
    public static List<ArchiveEntry> Read(ByteSource source, CheckpointLimits limits) => new TarDirectory(source, limits).Read();

    private List<ArchiveEntry> Read()
    {
        while (!IsAtEnd())
            ReadEntry();
        return recordsStart is { } start ? throw Error("has an extended header with no file behind it", start) : entries;
    }

    /// <summary>Whether the zeros begin here that end the archive.</summary>
    private bool IsAtEnd()
    {
        if (source.Length - position < BlockBytes)
            throw Error("ends without its two blocks of zeros", position);
        if (source.Slice(position, BlockBytes).ContainsAnyExcept((byte)0))
            return false;
        const int PartBytes = 1 << 20;
        if (source.Length - position < 2 * BlockBytes)
            throw Error("ends without its two blocks of zeros", position);
        for (var start = position; start < source.Length; start += PartBytes)
        {
            if (source.Slice(start, (int)Math.Min(PartBytes, source.Length - start)).ContainsAnyExcept((byte)0))
                throw Error("goes on behind its end", start);
        }

        return true;
    }

    private void ReadEntry()
    {
        var start = position;
        var header = new TarHeader(source.Slice(start, BlockBytes));
        if (!header.HasMark)
            throw Error("has no header where one is expected", start);
        if (!header.HasItsSum(out var problem) || !header.TryReadSize(out var bytes, out problem))
            throw Error(problem, start);
        if (header.Type == Records)
            ReadRecords(start, bytes);
        else if (header.IsFile)
            AddFile(header.Name, start, bytes);
        else
            throw Error($"has an entry of type '{header.Type}', expected files", start);
    }

    private void AddFile(string name, long start, long bytes)
    {
        if (recordedSize is { } recorded)
            bytes = bytes == 0 && recorded >= LeastRecordedSize ? recorded : throw Error($"has an extended header that gives a file of {bytes} bytes the size {recorded}, expected that only where a header has no room for a size", start);
        (recordsStart, recordedSize) = (null, null);
        StepOver(start, bytes);
        if (!names.Add(name))
            throw Error($"has two entries named {name}", start);
        entries.Add(new ArchiveEntry(name, start + BlockBytes, bytes, bytes, IsDeflated: false, Crc32: 0, start));
        if (entries.Count > limits.Entries)
            throw Error($"has more than {limits.Entries} entries, the limit (Entries)", start);
    }

    /// <summary>Records <c>LENGTH KEY=VALUE\n</c>: times and owners are passed over, what gives an entry another name is refused.</summary>
    private void ReadRecords(long start, long bytes)
    {
        if (recordsStart is not null)
            throw Error("has two extended headers for one file", start);
        if (bytes > MostRecordBytes)
            throw Error($"has an extended header of {bytes} bytes, expected {MostRecordBytes} at most", start);
        recordsStart = start;
        StepOver(start, bytes);
        for (var records = source.Slice(start + BlockBytes, (int)bytes); !records.IsEmpty;)
        {
            var space = records.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length <= space || length > records.Length)
                throw Error("has an extended header that is broken", start);
            ReadRecord(records[(space + 1)..length], start);
            records = records[length..];
        }
    }

    private void ReadRecord(ReadOnlySpan<byte> record, long start)
    {
        if (record.IndexOf((byte)'=') is not (> 0 and var equals) || record[^1] != (byte)'\n')
            throw Error("has an extended header that is broken", start);
        var key = Encoding.UTF8.GetString(record[..equals]);
        if (key == SizeRecord)
            recordedSize = recordedSize is null && long.TryParse(record[(equals + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw Error("has an extended header whose size is no number, or stands there twice", start);
        else if (!KnownRecords.Contains(key))
            throw Error($"has an extended header with {Pickles.PickleText.Quote(key.AsSpan())}, expected times, owners and the size of a large file", start);
    }

    /// <summary>Steps over the blocks of an entry; behind its bytes they are filled with zeros.</summary>
    private void StepOver(long start, long bytes)
    {
        var rest = source.Length - start - BlockBytes;
        var filled = bytes > rest ? rest : (bytes + BlockBytes - 1) / BlockBytes * BlockBytes;
        if (bytes > rest || filled > rest)
            throw Error($"has an entry of {bytes} bytes, the file has {rest} left", start);
        position = start + BlockBytes + filled;
        if (source.Slice(position - (filled - bytes), (int)(filled - bytes)).ContainsAnyExcept((byte)0))
            throw Error("has bytes between an entry and the next header", start);
    }

    private CheckpointFormatException Error(string problem, long offset) => new("The tar archive " + problem, source.Path, entry: null, offset);
}
