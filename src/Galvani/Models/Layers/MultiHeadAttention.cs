using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>
/// Multi-head attention (Vaswani et al. 2017, 3.2): context = soft-max(q kᵀ / √K + distances) v, per head, from rows that are projected already. Query head h reads key and value
/// head h · G / H. Immutable; may be used by many threads.
/// </summary>
internal sealed class MultiHeadAttention
{
    private readonly RelativePositions? relative;
    private readonly float divisor;

    private MultiHeadAttention(ModelConfig config, AttentionWeights weights, RelativePositions? relative)
    {
        Weights = weights;
        Shape = new AttentionShape(config.HeadCount, config.KeyValueHeadCount, config.HeadWidth);
        divisor = MathF.Sqrt(config.HeadWidth);
        this.relative = relative;
    }

    /// <summary>The weights.</summary>
    public AttentionWeights Weights { get; }

    /// <summary>H, G and K.</summary>
    public AttentionShape Shape { get; }

    /// <summary>An encoder's self-attention.</summary>
    public static MultiHeadAttention Bidirectional(ModelConfig config, AttentionWeights weights) =>
        new(config, weights, RelativePositions.Create(config, weights, AttentionDirection.Both));

    /// <summary>A decoder's self-attention.</summary>
    public static MultiHeadAttention Causal(ModelConfig config, AttentionWeights weights) =>
        new(config, weights, RelativePositions.Create(config, weights, AttentionDirection.Past));

    /// <summary>Cross-attention: distances have no meaning.</summary>
    public static MultiHeadAttention Cross(ModelConfig config, AttentionWeights weights) => new(config, weights, relative: null);

    /// <summary>Divides a row of queries by √K.</summary>
    /// <param name="query">[H, K].</param>
    public void ScaleQuery(Span<float> query) => System.Numerics.Tensors.TensorPrimitives.Divide(query, divisor, query);

    /// <summary>The context of one query row.</summary>
    /// <param name="query">[H, K], scaled.</param>
    /// <param name="table">The keys and values.</param>
    /// <param name="visible">The N keys that the row sees; at least one.</param>
    /// <param name="weights">[H, N], overwritten: the attention.</param>
    /// <param name="context">[H, K], overwritten.</param>
    public void Attend(ReadOnlySpan<float> query, KeyValueTable table, VisibleKeys visible, Span<float> weights, Span<float> context)
    {
        Attention.Scores(query, table.Keys, visible.Rows, Shape, weights); // [H, N]
        relative?.AddToScores(query, visible, weights);
        SoftMax.Rows(weights, visible.Count);
        Attention.Context(weights, table.Values, visible.Rows, Shape, context); // [H, K]
        relative?.AddToContext(weights, visible, context);
    }
}
