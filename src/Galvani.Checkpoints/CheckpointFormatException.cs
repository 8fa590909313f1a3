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
        : base(Describe(problem, path, entry, byteOffset), innerException) =>
        (Problem, FilePath, Entry, ByteOffset) = (problem, path, entry, byteOffset);

    /// <summary>The problem without the place.</summary>
    public string Problem { get; }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>The archive entry, or null.</summary>
    public string? Entry { get; }

    /// <summary>The offset in the entry (in the file where there is no entry), or null.</summary>
    public long? ByteOffset { get; }

    private static string Describe(string problem, string path, string? entry, long? byteOffset)
    {
        var place = entry is null ? path : $"{path}: {entry}";
        return PickleText.OneLine(byteOffset is null ? $"{problem} ({place})" : $"{problem} ({place}, byte {byteOffset})");
    }
}
