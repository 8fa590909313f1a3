using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models;

/// <summary>The keys and values of cross-attention: computed once for a batch, layer by layer, from the encoder's states. Owned by one session.</summary>
internal sealed class CrossKeys : IDisposable
{
    private GrowingMemory<float>[] layers;
    private readonly Workspace workspace;
    private readonly int[] identity;
    private readonly int width;
    private KeyRange[] ranges = [];

    /// <param name="layers">The decoder's layers.</param>
    /// <param name="batch">The encoder's states.</param>
    /// <param name="workspace">Scratch.</param>
    public CrossKeys(IReadOnlyList<DecoderLayerWeights> layers, EncodedBatch batch, Workspace workspace)
    {
        (Batch, this.workspace) = (batch, workspace);
        this.layers = [.. layers.Select(_ => workspace.RentMemory())];
        for (var layer = 0; layer < layers.Count; layer++)
        {
            var projection = layers[layer].CrossAttention!.KeyValue;
            width = projection.OutputWidth;
            this.layers[layer].Grow(checked(batch.RowCount * width)); // [sum of S, 2·G·K]
            projection.Apply(batch.States, this.layers[layer].Span[..(batch.RowCount * width)], workspace);
        }

        identity = [.. Enumerable.Range(0, batch.RowCount)];
    }

    /// <summary>The sentences.</summary>
    public EncodedBatch Batch { get; }

    /// <summary>The keys and values of a layer, [sum of S, 2·G·K].</summary>
    public ReadOnlySpan<float> Layer(int layer) => layers[layer].Span[..(Batch.RowCount * width)];

    /// <summary>What each row of a pass sees: all of its sentence. Valid until the next call.</summary>
    public KeyLists KeyLists(RowPlan plan)
    {
        if (ranges.Length < plan.Count)
            ranges = new KeyRange[Math.Max(plan.Count, 2 * ranges.Length)];
        for (var r = 0; r < plan.Count; r++)
            ranges[r] = new KeyRange(Batch.Start(plan[r].Sentence), Batch.Length(plan[r].Sentence));
        return new KeyLists(identity, ranges.AsSpan(0, plan.Count));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(layers, workspace.ReturnMemory);
        layers = []; // so that it goes back once
    }
}
