using Galvani.Models.Layers;

namespace Galvani.Models;

/// <summary>Keeps the cross-attention of head 0 of the last layer, and hands everything on. Allocates nothing once it has grown.</summary>
/// <param name="config">The model.</param>
/// <param name="next">Sees everything, too; null for none.</param>
internal sealed class LastAttention(ModelConfig config, ForwardObserver? next) : ForwardObserver
{
    private readonly List<(int First, int Count)> rows = [];
    private float[] weights = [];
    private int count;

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        rows.Clear();
        count = 0;
    }

    /// <summary>The attention of a row of the last pass, [S]; empty where there was none.</summary>
    public ReadOnlySpan<float> Row(int row) => row < rows.Count ? weights.AsSpan(rows[row].First, rows[row].Count) : [];

    /// <inheritdoc/>
    public override void Embedded(ReadOnlySpan<float> states) => next?.Embedded(states);

    /// <inheritdoc/>
    public override void Layer(int layer, ReadOnlySpan<float> states) => next?.Layer(layer, states);

    /// <inheritdoc/>
    public override void SelfAttention(int layer, int row, VisibleKeys keys, ReadOnlySpan<float> weights) => next?.SelfAttention(layer, row, keys, weights);

    /// <inheritdoc/>
    public override void CrossAttention(int layer, int row, ReadOnlySpan<float> weights)
    {
        next?.CrossAttention(layer, row, weights);
        if (layer == config.DecoderLayerCount - 1)
            Keep(weights[..(weights.Length / config.HeadCount)]);
    }

    private void Keep(ReadOnlySpan<float> firstHead)
    {
        if (weights.Length < count + firstHead.Length)
            Array.Resize(ref weights, Math.Max(count + firstHead.Length, 2 * weights.Length));
        firstHead.CopyTo(weights.AsSpan(count)); // [S]
        rows.Add((count, firstHead.Length));
        count += firstHead.Length;
    }
}
