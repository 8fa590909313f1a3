using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints;

/// <summary>A file that is broken, or hostile: what was found, what was expected, and where.</summary>
public sealed class CheckpointFormatException : Exception
{
    /// <summary>Creates the exception; the message gains the place.</summary>
    /// <param name="problem">Found and expected, one sentence without the place.</param>
    /// <param name="path">The file.</param>
    /// <param name="entry">The archive entry, or null.</param>
    /// <param name="byteOffset">The offset in the entry (in the file where there is no entry), or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public CheckpointFormatException(string problem, string path, string? entry = null, long? byteOffset = null, Exception? innerException = null)
        : this(problem, path, entry, byteOffset, fileOffset: null, innerException)
    {
    }

    private CheckpointFormatException(string problem, string path, string? entry, long? byteOffset, long? fileOffset, Exception? innerException)
        : base(Describe(problem, path, entry, byteOffset, fileOffset), innerException) =>
        (Problem, FilePath, Entry, ByteOffset, FileOffset) = (problem, path, entry, byteOffset, fileOffset);

    /// <summary>The problem without the place.</summary>
    public string Problem { get; }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>The archive entry, or null.</summary>
    public string? Entry { get; }

    /// <summary>The offset in the entry (in the file where there is no entry), or null.</summary>
    public long? ByteOffset { get; }

    /// <summary>The same place in the file, where the entry lies there as it is and the reader says so, or null.</summary>
    public long? FileOffset { get; }

    /// <summary>The same error of an entry of which is known where in the file it begins.</summary>
    internal CheckpointFormatException WithEntryAt(long fileOffset) => new(Problem, FilePath, Entry, ByteOffset, fileOffset + ByteOffset, InnerException);

    private static string Describe(string problem, string path, string? entry, long? byteOffset, long? fileOffset)
    {
        var place = entry is null ? path : $"{path}: {entry}";
        if (byteOffset is not null)
            place += FormattableString.Invariant($", byte {byteOffset}");
        if (fileOffset is not null)
            place += FormattableString.Invariant($", byte {fileOffset} of the file");
        return PickleText.OneLine($"{problem} ({place})");
    }
}
