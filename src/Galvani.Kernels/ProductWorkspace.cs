using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>
/// What products need beside their operands: quantised rows, and the threads to share the work with. Grows to the largest product met and allocates nothing afterwards.
/// One product at a time: each caller has its own.
/// </summary>
public sealed unsafe class ProductWorkspace : IParallelWork
{
    // Below so many multiply-adds handing out work costs more than it saves.
    private const long SmallestShared = 200_000;

    // What the last-level cache holds of it until it is read, beside everything else.
    private const int LargestFetch = 1 << 23;

    private readonly WorkerPool? pool;
    private readonly PanelParts parts = new();
    private ProductWeight? weight;
    private float* input;
    private ProductTarget target;
    private int rowCount;
    private ProductWeight? previous;
    private MemoryRun later;

    /// <param name="pool">Shares the work of large products; null for the calling thread alone. Not owned.</param>
    public ProductWorkspace(WorkerPool? pool = null) => this.pool = pool;

    internal QuantizedRows Rows { get; } = new();

    /// <summary>
    /// Names what will be read after the next product: it is fetched into the caches while that product is worked on, as far as it is large enough for it.
    /// </summary>
    /// <param name="numbers">Memory that does not move, or nothing is gained.</param>
    public void FetchAlong(ReadOnlySpan<float> numbers)
    {
        var start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(numbers));
        later = new MemoryRun(start, Math.Min((nint)numbers.Length * sizeof(float), LargestFetch));
    }

    /// <inheritdoc/>
    void IParallelWork.Run(int part)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            while (parts.TryTake((part + i) % parts.Count, isOwn: i == 0, out var panels))
                weight!.Multiply(input, this, target, new IndexRange(0, rowCount), panels, Ahead(part, parts.Count));
        }
    }

    /// <summary>All outputs of all rows, by all threads. The operands are pinned.</summary>
    internal void Multiply(ProductWeight weight, float* input, in ProductTarget target, int rowCount)
    {
        if (previous is not null && previous.Follower != weight.Place)
            previous.Follower = weight.Place;
        previous = weight;
        this.weight = weight;
        if (pool is null || (long)rowCount * weight.InputWidth * weight.OutputWidth < SmallestShared)
            weight.Multiply(input, this, target, new IndexRange(0, rowCount), new IndexRange(0, weight.PanelCount), Ahead(part: 0, partCount: 1));
        else
        {
            this.input = input;
            this.target = target;
            this.rowCount = rowCount;
            parts.Reset(weight.PanelCount, Math.Min(pool.ThreadCount, weight.PanelCount));
            pool.Run(this, parts.Count);
        }

        this.weight = null;
        later = default;
    }

    // The products of a pass follow each other as in the last one.
    private ReadAhead Ahead(int part, int partCount)
    {
        var follower = weight!.Follower;
        return new ReadAhead(weight.Place, PanelParts.Start(weight.PanelCount, part + 1, partCount))
        {
            Follower = follower,
            FollowerFirst = follower is null ? 0 : PanelParts.Start(follower.Count, part, partCount),
            Later = later,
        };
    }
}
