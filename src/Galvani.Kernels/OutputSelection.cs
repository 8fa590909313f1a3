namespace Galvani.Kernels;

/// <summary>Copies some outputs of a weight to another, some panels at a time.</summary>
internal sealed class OutputSelection(ProductWeight source, ProductWeight destination, ReadOnlyMemory<int> outputs) : IParallelWork
{
    private const int PanelsAtOnce = 8;

    /// <summary>The pieces of work.</summary>
    public int ChunkCount => (destination.PanelCount + PanelsAtOnce - 1) / PanelsAtOnce;

    /// <inheritdoc/>
    public void Run(int chunk)
    {
        for (var panel = chunk * PanelsAtOnce; panel < Math.Min((chunk + 1) * PanelsAtOnce, destination.PanelCount); panel++)
        {
            var first = panel * ProductWeight.PanelWidth;
            destination.CopyPanel(panel, source, outputs.Span[first..Math.Min(outputs.Length, first + ProductWeight.PanelWidth)]);
        }
    }
}
