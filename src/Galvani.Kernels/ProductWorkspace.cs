namespace Galvani.Kernels;

/// <summary>
/// What products need beside their operands: quantised rows, and the threads to share the work with. Grows to the largest product met and allocates nothing afterwards.
/// One product at a time: each caller has its own.
/// </summary>
public sealed unsafe class ProductWorkspace : IParallelWork
{
    // Rows of a chunk: as many as pass over a group of panels while it is in the cache. With more rows than that, so many panels that the group stays there.
    private const int ChunkRows = 48;
    private const int CachedPanels = 4;

    // Below so many multiply-adds handing out work costs more than it saves.
    private const long SmallestShared = 200_000;

    private readonly WorkerPool? pool;
    private ProductWeight? weight;
    private float* input;
    private ProductTarget target;
    private int rowCount;
    private int rowChunks;
    private int[] panelStarts = new int[16];

    /// <param name="pool">Shares the work of large products; null for the calling thread alone. Not owned.</param>
    public ProductWorkspace(WorkerPool? pool = null) => this.pool = pool;

    internal QuantizedRows Rows { get; } = new();

    /// <inheritdoc/>
    void IParallelWork.Run(int chunk)
    {
        var (rows, panels) = (chunk % rowChunks, chunk / rowChunks);
        weight!.Multiply(input, this, target, Part(rowCount, rowChunks, rows), new IndexRange(panelStarts[panels], panelStarts[panels + 1]));
    }

    /// <summary>All outputs of all rows, by all threads. The operands are pinned.</summary>
    internal void Multiply(ProductWeight weight, float* input, in ProductTarget target, int rowCount)
    {
        if (pool is null || (long)rowCount * weight.InputWidth * weight.OutputWidth < SmallestShared)
        {
            weight.Multiply(input, this, target, new IndexRange(0, rowCount), new IndexRange(0, weight.PanelCount));
            return;
        }

        this.weight = weight;
        this.input = input;
        this.target = target;
        this.rowCount = rowCount;
        rowChunks = (rowCount + ChunkRows - 1) / ChunkRows;
        pool.Run(this, checked(rowChunks * CutPanels(weight.PanelCount, rowChunks == 1 ? weight.PanelCount : CachedPanels)));
        this.weight = null;
    }

    /// <summary>
    /// Cuts the panels: large parts first, of which each thread gets one and reads its weights in one run, then ever smaller ones, so that all end at the same time.
    /// </summary>
    /// <returns>The number of parts.</returns>
    private int CutPanels(int panelCount, int mostPanels)
    {
        var (count, start) = (0, 0);
        while (start < panelCount)
        {
            if (panelStarts.Length < count + 2)
                Array.Resize(ref panelStarts, 2 * panelStarts.Length);
            panelStarts[count++] = start;
            start += Math.Clamp((panelCount - start) * 3 / (4 * pool!.ThreadCount), 1, mostPanels);
        }

        panelStarts[count] = panelCount;
        return count;
    }

    // The parts are equal, up to one.
    private static IndexRange Part(int count, int partCount, int part) => new((int)((long)count * part / partCount), (int)((long)count * (part + 1) / partCount));
}
