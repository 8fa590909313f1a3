using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace Galvani.Kernels;

/// <summary>
/// A file mapped read-only into memory, or bytes that are in memory already, handed out as spans. Opening costs the same for any file size; pages are read when touched.
/// Safe for use by several threads. Spans must not be used after <see cref="Dispose"/>; where an instance is never disposed, the mapping
/// stays until the process ends, so that no span can dangle. The file must not be cut shorter while it is mapped; bytes that were in memory must not be changed.
/// </summary>
public sealed unsafe class MappedMemory : IDisposable
{
    // The system copies from its cache at half the speed of memory: of a large read, several threads take parts.
    private const int SmallestShared = 1 << 20;
    private const int PartBytes = 1 << 18;
    private const int MostReaders = 4;

    private readonly SafeFileHandle? handle; // null: the bytes were in memory, or there are none
    private readonly MemoryMappedFile? file;
    private readonly MemoryMappedViewAccessor? view;
    private MemoryHandle pinned;
    private byte* start;
    private bool disposed;

    private MappedMemory(string path)
    {
        (Path, IsFile) = (path, true);
        if (HasNoBytes(path))
            return;
        handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Length = RandomAccess.GetLength(handle);
        if (Length == 0)
            return; // the system maps no empty ranges

        file = MemoryMappedFile.CreateFromFile(handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = file.CreateViewAccessor(offset: 0, Length, MemoryMappedFileAccess.Read);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    private MappedMemory(ReadOnlyMemory<byte> content, string name)
    {
        (Path, Length) = (name, content.Length);
        pinned = content.Pin();
        start = (byte*)pinned.Pointer;
    }

    /// <summary>The path as it was given; the name of what was in memory.</summary>
    public string Path { get; }

    /// <summary>Whether this is a file, and no bytes that were in memory.</summary>
    public bool IsFile { get; }

    /// <summary>The file's size in bytes when it was opened; may be 0.</summary>
    public long Length { get; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static MappedMemory Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new MappedMemory(path);
    }

    /// <summary>Hands out bytes that are in memory already, without copying; they stay where they are until <see cref="Dispose"/>, and must not be changed before.</summary>
    /// <param name="content">The bytes; may be none.</param>
    /// <param name="name">What <see cref="Path"/> says.</param>
    public static MappedMemory Of(ReadOnlyMemory<byte> content, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new MappedMemory(content, name);
    }

    /// <summary>The bytes [<paramref name="byteOffset"/>, + <paramref name="byteCount"/>), without copying.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was given back.</exception>
    public ReadOnlySpan<byte> Slice(long byteOffset, int byteCount)
    {
        CheckRange(byteOffset, byteCount);
        return new ReadOnlySpan<byte>(start + byteOffset, byteCount);
    }

    /// <summary>
    /// Copies the bytes from <paramref name="byteOffset"/> on into <paramref name="destination"/> by an ordinary read: for scattered small pieces,
    /// which would each make a whole range of pages resident if they were read through the mapping, and for all that is read once: that is faster than mapping pages. Large reads are shared by up to four threads.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was given back.</exception>
    /// <exception cref="EndOfStreamException">The file was cut shorter after it was opened.</exception>
    public void Read(long byteOffset, Span<byte> destination)
    {
        CheckRange(byteOffset, destination.Length);
        if (handle is null)
        {
            new ReadOnlySpan<byte>(start + byteOffset, destination.Length).CopyTo(destination);
            return;
        }

        if (destination.Length < SmallestShared)
            ReadAll(byteOffset, destination);
        else
            ReadShared(byteOffset, destination);
    }

    // By itself: what it allocates is not for small reads.
    private void ReadShared(long byteOffset, Span<byte> destination)
    {
        fixed (byte* pinnedDestination = destination)
        {
            var first = pinnedDestination;
            var length = destination.Length;
            try
            {
                Parallel.For(0, (length + PartBytes - 1) / PartBytes, new ParallelOptions { MaxDegreeOfParallelism = MostReaders }, part =>
                {
                    var from = part * PartBytes;
                    ReadAll(byteOffset + from, new Span<byte>(first + from, Math.Min(PartBytes, length - from)));
                });
            }
            catch (AggregateException exception)
            {
                ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
            }
        }
    }

    private void ReadAll(long byteOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(handle!, destination, byteOffset);
            if (count == 0)
                throw new EndOfStreamException($"{Path} ends at byte {byteOffset}; it had {Length} bytes when it was opened.");
            destination = destination[count..];
            byteOffset += count;
        }
    }

    /// <summary>A stream over a range of any size, without copying. It must not be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the file.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was given back.</exception>
    public Stream OpenStream(long byteOffset, long byteCount)
    {
        CheckRange(byteOffset, byteCount);
        return byteCount == 0 ? Stream.Null : new UnmanagedMemoryStream(start + byteOffset, byteCount, byteCount, FileAccess.Read);
    }

    /// <summary>Asks the system for large pages, for a file whose bytes are read over and over. Where it has none for files, nothing changes.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was given back.</exception>
    public void PreferLargePages()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (handle is not null)
            MemoryAdvice.PreferLargePages(start, Length);
    }

    /// <summary>Lets the system take back the pages that were touched, which count as this process's memory: for a file of which little is read from now on. Spans stay valid; what is touched again is read again.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was given back.</exception>
    public void ReleasePages()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (handle is not null)
            MemoryAdvice.ReleaseFilePages(start, Length);
    }

    /// <summary>Gives the mapping back. Spans and streams of it must not be used any more.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        start = null;
        view?.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        file?.Dispose();
        handle?.Dispose();
        pinned.Dispose();
    }

    /// <summary>Whether a file has no bytes as far as the system knows. That is so of a pipe, too, and to open one would wait for somebody to write into it.</summary>
    private static bool HasNoBytes(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
            file = (FileInfo)(file.ResolveLinkTarget(returnFinalTarget: true) ?? file);
        return file is { Exists: true, Length: 0 };
    }

    private void CheckRange(long byteOffset, long byteCount)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if ((ulong)byteOffset > (ulong)Length)
            throw new ArgumentOutOfRangeException(nameof(byteOffset), byteOffset, $"The file has {Length} bytes.");
        if ((ulong)byteCount > (ulong)(Length - byteOffset))
            throw new ArgumentOutOfRangeException(nameof(byteCount), byteCount, $"The file has {Length - byteOffset} bytes from offset {byteOffset} on.");
    }
}
