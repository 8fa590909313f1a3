using Galvani.Kernels;
using Microsoft.Win32.SafeHandles;

namespace Galvani.Checkpoints.Numpy;

/// <summary>
/// The rows of a <c>.npy</c> matrix under way (<see cref="NpyRowFile"/>), each written to its own place. The system is asked to bring what is there to the disk while more is
/// made, so that the end has little to wait for. Safe for use by several threads.
/// </summary>
public sealed class NpyRows
{
    private const long FlushBytes = 32 << 20;

    private readonly SafeFileHandle file;
    private readonly long headerBytes;
    private readonly int width;
    private readonly Lock flush = new();
    private long writtenBytes;
    private Task flushing = Task.CompletedTask;

    internal NpyRows(SafeFileHandle file, long headerBytes, int width) => (this.file, this.headerBytes, this.width) = (file, headerBytes, width);

    /// <summary>The bytes written so far.</summary>
    internal long WrittenBytes => Interlocked.Read(ref writtenBytes);

    /// <summary>Writes rows that no other call writes.</summary>
    /// <param name="firstRow">The number of the first of them, from 0.</param>
    /// <param name="rows">[R, D], row-major.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="ArgumentException">The numbers are no whole rows.</exception>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public void Write(long firstRow, ReadOnlySpan<float> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        if (rows.Length % width != 0)
            throw new ArgumentException($"{rows.Length} numbers are no whole rows of {width}.", nameof(rows));
        var bytes = Casts.ViewBytes(rows);
        RandomAccess.Write(file, bytes, checked(headerBytes + firstRow * width * sizeof(float)));
        var written = Interlocked.Add(ref writtenBytes, bytes.Length);
        if (written / FlushBytes != (written - bytes.Length) / FlushBytes)
            Flush();
    }

    /// <summary>Waits for the disk, where it was asked.</summary>
    internal void Wait()
    {
        lock (flush)
            flushing.GetAwaiter().GetResult();
    }

    /// <summary>Asks the disk, unless it is being asked; where it failed, the end says so.</summary>
    private void Flush()
    {
        lock (flush)
        {
            if (flushing.IsCompletedSuccessfully)
                flushing = Task.Run(() => RandomAccess.FlushToDisk(file));
        }
    }
}
