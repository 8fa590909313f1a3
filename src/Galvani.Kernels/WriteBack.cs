using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Galvani.Kernels;

/// <summary>Sends written bytes on their way from the system's cache to the disk.</summary>
public static partial class WriteBack
{
    private const uint BeginOnly = 2; // SYNC_FILE_RANGE_WRITE

    /// <summary>
    /// Begins to write a part of a file to the disk, and does not wait for it. Nothing is promised: only a flush makes bytes last, and it finds those that are on the disk already done. Where the system has no such call,
    /// nothing happens.
    /// </summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="byteOffset">Where the part begins.</param>
    /// <param name="byteCount">Its size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset or the size is negative.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public static void Begin(SafeFileHandle file, long byteOffset, long byteCount)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        if (!OperatingSystem.IsLinux() || byteCount == 0) // of no bytes the system would take all to the end
            return;
        try
        {
            _ = SyncFileRange(file, byteOffset, byteCount, BeginOnly); // an error of the disk is told by the flush
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without this call.
        }
    }

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long byteCount, uint flags);
}
