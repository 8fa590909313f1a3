using Galvani.Models;
using Galvani.Models.Layers;

namespace Galvani;

/// <summary>Copies what a pass over one sequence shows.</summary>
/// <param name="config">The model.</param>
/// <param name="length">The rows of the pass.</param>
/// <param name="sourceLength">S of the cross-attention; 0 for none.</param>
internal sealed class StateCollector(ModelConfig config, int length, int sourceLength) : ForwardObserver
{
    private readonly List<float[]> layers = [];
    private readonly SortedDictionary<int, float[]> self = [];
    private readonly SortedDictionary<int, float[]> cross = [];

    /// <summary>[R, D].</summary>
    public float[] EmbeddedStates { get; private set; } = [];

    /// <summary>[R, D] of each layer.</summary>
    public IReadOnlyList<float[]> Layers => layers;

    /// <summary>[H, R, R] of each layer.</summary>
    public IReadOnlyList<float[]> Self => [.. self.Values];

    /// <summary>[H, R, S] of each layer.</summary>
    public IReadOnlyList<float[]> Cross => [.. cross.Values];

    /// <inheritdoc/>
    public override void Embedded(ReadOnlySpan<float> states) => EmbeddedStates = states.ToArray();

    /// <inheritdoc/>
    public override void Layer(int layer, ReadOnlySpan<float> states) => layers.Add(states.ToArray());

    /// <inheritdoc/>
    public override void SelfAttention(int layer, int row, VisibleKeys keys, ReadOnlySpan<float> weights)
    {
        var attention = Table(self, layer, length); // [H, R, R]; keys that are not seen have weight 0
        for (var h = 0; h < config.HeadCount; h++)
        {
            for (var j = 0; j < keys.Count; j++)
                attention[((long)h * length + row) * length + keys.Positions[j]] = weights[h * keys.Count + j];
        }
    }

    /// <inheritdoc/>
    public override void CrossAttention(int layer, int row, ReadOnlySpan<float> weights)
    {
        var attention = Table(cross, layer, sourceLength); // [H, R, S]
        for (var h = 0; h < config.HeadCount; h++)
            weights.Slice(h * sourceLength, sourceLength).CopyTo(attention.AsSpan((h * length + row) * sourceLength));
    }

    private float[] Table(SortedDictionary<int, float[]> tables, int layer, int keyCount)
    {
        if (!tables.TryGetValue(layer, out var table))
            tables[layer] = table = new float[checked(config.HeadCount * length * keyCount)];
        return table;
    }
}
