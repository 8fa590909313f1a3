using System.Runtime.InteropServices;

namespace Galvani.Kernels.MachineCode;

/// <summary>Memory for machine code, which stays until the process ends: written first, then made executable and read-only, never both writable and executable.</summary>
internal static unsafe partial class ExecutableMemory
{
    private const int Read = 1;
    private const int Write = 2;
    private const int Execute = 4;
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const nint Failed = -1;

    /// <summary>Places code.</summary>
    /// <param name="code">Any bytes, at least one.</param>
    /// <returns>Where it lies; null where the system gives no such memory.</returns>
    public static byte* TryPlace(ReadOnlySpan<byte> code)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var length = (nuint)code.Length;
        var address = Map(0, length, Read | Write, PrivateAnonymous, file: -1, offset: 0);
        if (address == Failed)
            return null;
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (Protect(address, length, Read | Execute) == 0)
            return (byte*)address;
        _ = Unmap(address, length);
        return null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);
}
