using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Galvani.Kernels;

/// <summary>
/// A file mapped into memory, read only. Spans of it may be taken by any thread until it is disposed; using one afterwards, or while another process
/// truncates the file, ends the process. The owner of the map disposes it.
/// </summary>
public sealed unsafe class MappedMemory : IDisposable
{
    private readonly MemoryMappedFile? map;
    private readonly MemoryMappedViewAccessor? view;
    private readonly byte* start;

    private MappedMemory(string path, long length, MemoryMappedFile? map)
    {
        (Path, Length, this.map) = (path, length, map);
        if (map is null)
            return;
        view = map.CreateViewAccessor(offset: 0, size: 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        start = pointer + view.PointerOffset;
    }

    /// <summary>The path as given.</summary>
    public string Path { get; }

    /// <summary>The file's length in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Maps a file. An empty file gives an empty map.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be opened or mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">Reading is not permitted, or the path is a folder.</exception>
    public static MappedMemory Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var length = RandomAccess.GetLength(handle);
        if (length == 0)
            return new MappedMemory(path, 0, null);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
        var map = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        return new MappedMemory(path, length, map);
    }

    /// <summary>A part of the file.</summary>
    /// <param name="byteOffset">From the start of the file.</param>
    /// <param name="byteCount">The length of the part.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public ReadOnlySpan<byte> Slice(long byteOffset, int byteCount)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, Length - byteOffset);
        return new ReadOnlySpan<byte>(start + byteOffset, byteCount);
    }

    /// <summary>Unmaps the file; spans taken before must not be used any more.</summary>
    public void Dispose()
    {
        if (IsDisposed)
            return;
        IsDisposed = true;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        map?.Dispose();
    }

    private bool IsDisposed { get; set; }
}
