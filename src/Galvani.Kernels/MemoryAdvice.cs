using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Tells the system how memory will be used. Where it does not listen, nothing is lost but time.</summary>
internal static partial class MemoryAdvice
{
    private const int LargePageBytes = 1 << 21;
    private const int UseLargePages = 14; // MADV_HUGEPAGE

    /// <summary>
    /// Asks for large pages in those parts of a range that can be large pages: fewer faults when it is first touched, fewer misses while it is read. For a mapped file that is in memory already it is too late, and some
    /// file systems know no large pages.
    /// </summary>
    /// <param name="start">The first byte.</param>
    /// <param name="byteCount">The range.</param>
    public static unsafe void PreferLargePages(void* start, long byteCount)
    {
        var firstPage = ((nuint)start + LargePageBytes - 1) / LargePageBytes * LargePageBytes;
        var end = ((nuint)start + (nuint)byteCount) / LargePageBytes * LargePageBytes;
        if (!OperatingSystem.IsLinux() || end <= firstPage)
            return;
        try
        {
            _ = AdviseMemory((nint)firstPage, end - firstPage, UseLargePages);
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
