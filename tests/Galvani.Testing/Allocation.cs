namespace Galvani.Testing;

/// <summary>What work allocates on the managed heap.</summary>
public static class Allocation
{
    private const int Tries = 5;

    /// <summary>
    /// The bytes that the calling thread allocates during some work, the least of several tries: a collection that another thread sets off takes away what is left of this thread's allocation window, and the runtime counts
    /// that as allocated (up to 8 KiB).
    /// </summary>
    /// <param name="work">Done several times.</param>
    public static long Least(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var least = long.MaxValue;
        for (var i = 0; i < Tries && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
