namespace Galvani.Kernels;

/// <summary>
/// Shares the panels of a product out to threads. Each has a part of its own and takes it from the front, so that what it reads next lies behind what it reads now and can be fetched ahead; who has finished takes from the end of
/// others' parts, so that a thread whose processor someone else uses is not waited for.
/// </summary>
internal sealed class PanelParts
{
    private const int LastPanels = 2;
    private const int Spacing = 8; // a cache line of the processor: parts do not disturb each other

    // Of each part the panels that nobody has taken: the first in the upper half, the end in the lower.
    private long[] remaining = [];

    /// <summary>The number of parts.</summary>
    public int Count { get; private set; }

    /// <summary>Where a part begins.</summary>
    public static int Start(int panelCount, int part, int partCount) => (int)((long)panelCount * part / partCount);

    /// <summary>Cuts a product into parts. No thread may be taking panels.</summary>
    public void Reset(int panelCount, int partCount)
    {
        if (remaining.Length < (partCount + 1) * Spacing)
            remaining = new long[(partCount + 1) * Spacing];
        Count = partCount;
        for (var part = 0; part < partCount; part++)
            Remaining(part) = Packed(Start(panelCount, part, partCount), Start(panelCount, part + 1, partCount));
    }

    /// <summary>Takes panels of a part: a group, fewer at the part's end, so that all threads end at the same time.</summary>
    /// <param name="part">Whose.</param>
    /// <param name="isOwn">Whether from the front; else from the end.</param>
    /// <param name="panels">The panels.</param>
    /// <returns>Whether any were left.</returns>
    public bool TryTake(int part, bool isOwn, out IndexRange panels)
    {
        ref var remains = ref Remaining(part);
        for (var seen = Volatile.Read(ref remains); ;)
        {
            var (first, end) = ((int)(seen >> 32), (int)seen);
            if (first == end)
            {
                panels = default;
                return false;
            }

            var rest = end - first;
            var count = rest > ProductDriver.GroupPanels ? ProductDriver.GroupPanels : Math.Min(rest, LastPanels);
            panels = isOwn ? new IndexRange(first, first + count) : new IndexRange(end - count, end);
            var left = isOwn ? Packed(panels.End, end) : Packed(first, panels.First);
            var found = Interlocked.CompareExchange(ref remains, left, seen);
            if (found == seen)
                return true;
            seen = found;
        }
    }

    /// <summary>Whether all panels of a part are taken.</summary>
    public bool IsTaken(int part) => Volatile.Read(ref Remaining(part)) is var seen && (int)(seen >> 32) == (int)seen;

    private static long Packed(int first, int end) => (long)first << 32 | (uint)end;

    private ref long Remaining(int part) => ref remaining[(part + 1) * Spacing];
}
