namespace Galvani.Kernels;

/// <summary>
/// What products need beside their operands: quantised rows, and the threads to share the work with. Grows to the largest product met and allocates nothing afterwards.
/// One product at a time: each caller has its own.
/// </summary>
public sealed unsafe class ProductWorkspace : IParallelWork
{
    // Rows of a chunk: as many as pass over a group of panels while it is in the cache.
    private const int ChunkRows = 48;
    private const int ChunkPanels = 4;

    // Below so many multiply-adds handing out work costs more than it saves.
    private const long SmallestShared = 200_000;

    private readonly WorkerPool? pool;
    private ProductWeight? weight;
    private float* input;
    private ProductTarget target;
    private int rowCount;
    private int rowChunks;

    /// <param name="pool">Shares the work of large products; null for the calling thread alone. Not owned.</param>
    public ProductWorkspace(WorkerPool? pool = null) => this.pool = pool;

    internal QuantizedRows Rows { get; } = new();

    /// <inheritdoc/>
    void IParallelWork.Run(int chunk)
    {
        var (rows, panels) = (chunk % rowChunks, chunk / rowChunks * ChunkPanels);
        weight!.Multiply(input, this, target, Part(rowCount, rowChunks, rows), new IndexRange(panels, Math.Min(panels + ChunkPanels, weight.PanelCount)));
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
        var panelChunks = (weight.PanelCount + ChunkPanels - 1) / ChunkPanels;
        pool.Run(this, checked(rowChunks * panelChunks));
        this.weight = null;
    }

    // The parts are equal, up to one.
    private static IndexRange Part(int count, int partCount, int part) => new((int)((long)count * part / partCount), (int)((long)count * (part + 1) / partCount));
}
