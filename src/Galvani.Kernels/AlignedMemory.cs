using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Zeroed memory that begins on a cache line, so that no vector load crosses one, and does not move.</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed class AlignedMemory<T>
    where T : unmanaged
{
    private const int AlignmentBytes = 64;
    private readonly T[] storage;
    private readonly int first;

    /// <param name="count">The elements.</param>
    /// <exception cref="OverflowException">These are more than an array can hold.</exception>
    public AlignedMemory(long count)
    {
        Count = checked((int)count);
        storage = GC.AllocateArray<T>(checked(Count + AlignmentBytes / Unsafe.SizeOf<T>()), pinned: true);
        first = FirstAligned(storage);
    }

    /// <summary>The number of elements.</summary>
    public int Count { get; }

    /// <summary>The elements.</summary>
    public Span<T> Span => storage.AsSpan(first, Count);

    private static unsafe int FirstAligned(T[] pinned)
    {
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
        var misaligned = (int)(address % AlignmentBytes);
        return misaligned == 0 ? 0 : (AlignmentBytes - misaligned) / Unsafe.SizeOf<T>();
    }
}
