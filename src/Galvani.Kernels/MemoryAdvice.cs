using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Tells the system how memory will be used. Where it does not listen, nothing is lost but time.</summary>
internal static partial class MemoryAdvice
{
    private const int LargePageBytes = 1 << 21;
    private const int UseLargePages = 14; // MADV_HUGEPAGE
    private const int NotNeeded = 4; // MADV_DONTNEED

    /// <summary>
    /// Asks for large pages in those parts of a range that can be large pages: fewer faults when it is first touched, fewer misses while it is read. For a mapped file that is in memory already it is too late, and some
    /// file systems know no large pages.
    /// </summary>
    /// <param name="start">The first byte.</param>
    /// <param name="byteCount">The range.</param>
    public static unsafe void PreferLargePages(void* start, long byteCount) => Advise(start, byteCount, LargePageBytes, UseLargePages);

    /// <summary>Says that the pages inside a range of a mapped file need not be resident; the system reads them again when they are touched. Of memory that is no file's the content would be lost.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="byteCount">The range.</param>
    public static unsafe void ReleaseFilePages(void* start, long byteCount) => Advise(start, byteCount, Environment.SystemPageSize, NotNeeded);

    /// <summary>Advises on the whole pages inside a range.</summary>
    private static unsafe void Advise(void* start, long byteCount, int pageBytes, int advice)
    {
        var firstPage = ((nuint)start + (nuint)pageBytes - 1) / (nuint)pageBytes * (nuint)pageBytes;
        var end = ((nuint)start + (nuint)byteCount) / (nuint)pageBytes * (nuint)pageBytes;
        if (!OperatingSystem.IsLinux() || end <= firstPage)
            return;
        try
        {
            _ = AdviseMemory((nint)firstPage, end - firstPage, advice);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without this call.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AdviseMemory(nint address, nuint length, int advice);
}
