using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>
/// Memory that grows in place where the system can (large runs are moved by changing page tables, not by copying), and whose untouched part costs nothing. Outside the managed heap: it goes back when it is disposed.
/// Not safe for use by several threads.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class GrowingMemory<T> : IDisposable
    where T : unmanaged
{
    private void* start;

    /// <summary>Gives the memory back where nobody disposed it.</summary>
    ~GrowingMemory() => NativeMemory.Free(start);

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
        start = NativeMemory.Realloc(start, checked((nuint)count * (nuint)Unsafe.SizeOf<T>()));
        Count = count;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.Free(start);
        start = null;
        Count = 0;
        GC.SuppressFinalize(this);
    }
}
