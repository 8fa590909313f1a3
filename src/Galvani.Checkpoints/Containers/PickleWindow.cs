using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Containers;

/// <summary>Cuts a pickle out of a file that does not say how long it is.</summary>
internal static class PickleWindow
{
    /// <summary>
    /// The bytes of the pickle at an offset. Where its end is not found, all that is left: running it then meets the fault, and what comes before the fault is
    /// seen.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="offset">Where the pickle begins.</param>
    /// <param name="limits">The bound on its length.</param>
    /// <param name="name">The entry that holds it, for errors; null where it is the file itself.</param>
    /// <param name="entryOffset">Where it begins in the entry, for errors; null where it is all of it.</param>
    /// <exception cref="CheckpointFormatException">Nothing is left, or the pickle is over the limit.</exception>
    public static byte[] Take(ByteSource source, long offset, CheckpointLimits limits, string? name, long? entryOffset = null)
    {
        var entry = name is null ? null : source.EntryPrefix + name;
        var rest = source.Length - offset;
        if (rest == 0)
            throw new CheckpointFormatException("The file ends where a pickle should begin", source.Path, entry, entryOffset);
        var mostBytes = (int)Math.Min(Math.Min(rest, limits.PickleBytes), Array.MaxLength);
        var window = source.Slice(offset, mostBytes);
        if (PickleExtent.Measure(window) is { } length)
            return window[..length].ToArray();
        if (mostBytes < rest)
            throw new CheckpointFormatException($"The pickle is broken, or has more than {limits.PickleBytes} bytes, the limit (PickleBytes)", source.Path, entry, entryOffset);
        return window.ToArray();
    }
}
