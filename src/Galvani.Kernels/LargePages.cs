using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>
/// Zeroed memory in whole large pages, so that what is read once, as keys and values are, does not cost a search for its page every 4 KiB. It grows by moving its pages; what is never touched costs nothing. On Linux alone.
/// </summary>
internal static unsafe partial class LargePages
{
    /// <summary>The size of a page: less is no use.</summary>
    public const int PageBytes = 1 << 21;

    private const int ReadWrite = 3;
    private const int PrivateAnonymousUnreserved = 0x4022; // MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    private const int MoveToAddress = 3; // MREMAP_MAYMOVE | MREMAP_FIXED
    private const nint Failed = -1;

    /// <summary>Takes memory.</summary>
    /// <param name="byteCount">At least so much.</param>
    /// <exception cref="InsufficientMemoryException">The system has no more.</exception>
    public static byte* Take(nuint byteCount)
    {
        var size = WholePages(byteCount);
        var map = Map(0, checked(size + PageBytes), ReadWrite, PrivateAnonymousUnreserved, file: -1, offset: 0);
        if (map == Failed)
            throw new InsufficientMemoryException($"The system gives no {size} bytes of memory.");
        var start = (byte*)WholePages((nuint)map);
        var before = (nuint)start - (nuint)map;
        if (before > 0)
            _ = Unmap(map, before);
        _ = Unmap((nint)(start + size), PageBytes - before);
        MemoryAdvice.PreferLargePages(start, (long)size);
        return start;
    }

    /// <summary>Makes memory larger; it lies elsewhere then, with the same contents.</summary>
    /// <param name="start">What <see cref="Take"/> or this method gave; not to be used any more.</param>
    /// <param name="byteCount">The size that was asked for.</param>
    /// <param name="newByteCount">The size wanted, which is greater.</param>
    /// <exception cref="InsufficientMemoryException">The system has no more; the memory is still there.</exception>
    public static byte* Grow(byte* start, nuint byteCount, nuint newByteCount)
    {
        var size = WholePages(byteCount);
        if (newByteCount <= size)
            return start;
        var larger = Take(newByteCount);
        if (Remap((nint)start, size, size, MoveToAddress, (nint)larger) != Failed)
            return larger;
        Release(larger, newByteCount);
        throw new InsufficientMemoryException($"The system does not move {size} bytes of memory.");
    }

    /// <summary>Gives memory back.</summary>
    /// <param name="start">Its beginning.</param>
    /// <param name="byteCount">The size that was asked for.</param>
    public static void Release(byte* start, nuint byteCount) => _ = Unmap((nint)start, WholePages(byteCount));

    private static nuint WholePages(nuint byteCount) => checked(byteCount + PageBytes - 1) / PageBytes * PageBytes;

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Remap(nint address, nuint length, nuint newLength, int flags, nint newAddress);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);
}
