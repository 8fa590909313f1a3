using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>Tells the processor what memory will be read soon. Where it does not listen, nothing is lost but time.</summary>
public static class CacheAdvice
{
    /// <summary>Fetches the line of a place into the caches while the program goes on.</summary>
    /// <typeparam name="T">What lies there.</typeparam>
    /// <param name="place">The place.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Fetch<T>(ref readonly T place)
        where T : unmanaged
    {
        if (!Sse.IsSupported)
            return;
        fixed (T* pointer = &place)
            Sse.Prefetch0(pointer);
    }
}
