using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>
/// Memory that begins on a cache line, grows without copying where the system can (large runs are moved by changing page tables), lies in large pages once it is large, and whose untouched part costs nothing. Outside the
/// managed heap: it goes back when it is disposed. Not safe for use by several threads.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class GrowingMemory<T> : IDisposable
    where T : unmanaged
{
    private const int AlignmentBytes = 64;
    private void* start;

    /// <summary>Gives the memory back where nobody disposed it.</summary>
    ~GrowingMemory() => Free();

    /// <summary>The number of elements.</summary>
    public int Count { get; private set; }

    /// <summary>The elements; not to be used any more once the memory has grown or was disposed.</summary>
    public Span<T> Span => new(start, Count);

    /// <summary>Makes room for more elements; those there are stay, the contents of new ones are undefined.</summary>
    /// <param name="count">How many there shall be; fewer than there are change nothing.</param>
    /// <exception cref="OutOfMemoryException">The system has no more.</exception>
    public void Grow(int count)
    {
        if (count <= Count)
            return;
        var (bytes, newBytes) = (Bytes(Count), Bytes(count));
        if (!IsPaged(newBytes))
            start = NativeMemory.AlignedRealloc(start, newBytes, AlignmentBytes);
        else if (IsPaged(bytes))
            start = LargePages.Grow((byte*)start, bytes, newBytes);
        else
        {
            var pages = LargePages.Take(newBytes);
            NativeMemory.Copy(start, pages, bytes);
            NativeMemory.AlignedFree(start);
            start = pages;
        }

        Count = count;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Free();
        start = null;
        Count = 0;
        GC.SuppressFinalize(this);
    }

    private static nuint Bytes(int count) => checked((nuint)count * (nuint)Unsafe.SizeOf<T>());

    private static bool IsPaged(nuint bytes) => bytes >= LargePages.PageBytes && OperatingSystem.IsLinux();

    private void Free()
    {
        if (IsPaged(Bytes(Count)))
            LargePages.Release((byte*)start, Bytes(Count));
        else
            NativeMemory.AlignedFree(start);
    }
}
