using System.Buffers;

namespace Galvani.Kernels;

/// <summary>Packs a weight, some panels at a time.</summary>
internal sealed class WeightPacking(ProductWeight weight, IWeightRows rows) : IParallelWork
{
    private const int PanelsAtOnce = 8;

    /// <summary>The pieces of work.</summary>
    public int ChunkCount => (weight.PanelCount + PanelsAtOnce - 1) / PanelsAtOnce;

    /// <inheritdoc/>
    public void Run(int chunk)
    {
        var buffer = ArrayPool<float>.Shared.Rent(ProductWeight.PanelWidth * weight.InputWidth);
        for (var panel = chunk * PanelsAtOnce; panel < Math.Min((chunk + 1) * PanelsAtOnce, weight.PanelCount); panel++)
        {
            var first = panel * ProductWeight.PanelWidth;
            var read = buffer.AsSpan(0, Math.Min(ProductWeight.PanelWidth, weight.OutputWidth - first) * weight.InputWidth);
            rows.Read(first, read);
            weight.SetPanel(panel, read);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
