using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>
/// Large blocks of memory that weights are cut from, so that the system can back them with large pages: fewer faults while they are filled, fewer misses while they are read. A block goes when
/// nothing that was cut from it is used any more. Safe for use by several threads.
/// </summary>
internal static class LastingBlocks
{
    private const int BlockBytes = 1 << 26;
    private static readonly Lock Gate = new();
    private static readonly WeakReference<byte[]?> Current = new(null);
    private static int used;

    /// <summary>Takes a part of a block.</summary>
    /// <param name="byteCount">Its size.</param>
    /// <param name="alignment">Its address is a multiple of it.</param>
    /// <returns>The block, pinned, and where in it the part begins. Its contents are undefined.</returns>
    /// <exception cref="OverflowException">The part is larger than an array can be.</exception>
    public static (byte[] Block, int Start) Take(int byteCount, int alignment)
    {
        lock (Gate)
        {
            if (!Current.TryGetTarget(out var block) || block.Length - used < (long)byteCount + alignment)
            {
                block = Allocate(checked(Math.Max(BlockBytes, byteCount + alignment)));
                Current.SetTarget(block);
                used = 0;
            }

            var start = Aligned(block, used, alignment);
            used = start + byteCount;
            return (block, start);
        }
    }

    private static unsafe byte[] Allocate(int byteCount)
    {
        var block = GC.AllocateUninitializedArray<byte>(byteCount, pinned: true);
        MemoryAdvice.PreferLargePages(Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(block)), block.Length);
        return block;
    }

    private static unsafe int Aligned(byte[] block, int start, int alignment)
    {
        var misaligned = (int)(((nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(block)) + (nuint)start) % (nuint)alignment);
        return misaligned == 0 ? start : start + alignment - misaligned;
    }
}
