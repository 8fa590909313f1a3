using Galvani.Models.Weights;

namespace Galvani.Models;

/// <summary>The keys and values of cross-attention: computed once for a batch, layer by layer, from the encoder's states. Immutable.</summary>
internal sealed class CrossKeys
{
    private readonly float[][] layers;
    private readonly int[] identity;

    /// <param name="layers">The decoder's layers.</param>
    /// <param name="batch">The encoder's states.</param>
    /// <param name="workspace">Scratch.</param>
    public CrossKeys(IReadOnlyList<DecoderLayerWeights> layers, EncodedBatch batch, Workspace workspace)
    {
        Batch = batch;
        this.layers = new float[layers.Count][];
        for (var layer = 0; layer < layers.Count; layer++)
        {
            var projection = layers[layer].CrossAttention!.KeyValue;
            this.layers[layer] = new float[checked(batch.RowCount * projection.OutputWidth)]; // [sum of S, 2·G·K]
            projection.Apply(batch.States, this.layers[layer], workspace);
        }

        identity = [.. Enumerable.Range(0, batch.RowCount)];
    }

    /// <summary>The sentences.</summary>
    public EncodedBatch Batch { get; }

    /// <summary>The keys and values of a layer, [sum of S, 2·G·K].</summary>
    public ReadOnlySpan<float> Layer(int layer) => layers[layer];

    /// <summary>[S], the rows of a sentence.</summary>
    public ReadOnlySpan<int> Rows(int sentence) => identity.AsSpan(Batch.Start(sentence), Batch.Length(sentence));
}
