using Galvani.Kernels;
using Galvani.Models.Weights;

namespace Galvani.Models.Layers;

/// <summary>
/// A decoder layer. One block after the other: u = x + SA(norm1(x)); v = u + CA(norm2(u)); out = v + F(v). Side by side: n = norm1(x); out = x + SA(n) + CA(n) + F(n). A language model has no
/// cross-attention CA; its parallel F may read a norm of its own.
/// </summary>
internal sealed class DecoderLayer
{
    private readonly ModelConfig config;
    private readonly DecoderLayerWeights weights;
    private readonly MultiHeadAttention? selfAttention;
    private readonly MultiHeadAttention? crossAttention;

    /// <param name="config">The model.</param>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="number">0-based.</param>
    public DecoderLayer(ModelConfig config, DecoderLayerWeights weights, int number)
    {
        (this.config, this.weights, Number) = (config, weights, number);
        selfAttention = weights.SelfAttention is { } self ? MultiHeadAttention.Causal(config, self) : null;
        crossAttention = weights.CrossAttention is { } cross ? MultiHeadAttention.Cross(config, cross) : null;
    }

    /// <summary>0-based.</summary>
    public int Number { get; }

    /// <summary>The width of a row of the cache: key and value, or the running average.</summary>
    public static int CacheWidth(ModelConfig config) =>
        config.IsAverageAttention ? config.ModelWidth : 2 * config.KeyValueHeadCount * config.HeadWidth;

    /// <summary>Runs the layer.</summary>
    /// <param name="pass">R rows.</param>
    /// <param name="state">Cache, source and scratch.</param>
    /// <param name="x">[R, D], overwritten.</param>
    public void Run(LayerPass pass, DecoderState state, Span<float> x)
    {
        using var scope = state.Workspace.Open();
        var normalized = state.Workspace.Take(x.Length); // [R, D]
        weights.SelfAttentionNorm.Apply(x, normalized);
        var parallel = ParallelInput(normalized, x, state.Workspace); // [R, D], read by blocks that stand side by side
        AddSelfAttention(pass, state, normalized, x);
        if (crossAttention is not null)
        {
            weights.CrossAttentionNorm?.Apply(x, normalized);
            AddCrossAttention(pass, state, normalized, x);
        }

        if (weights.FeedForward is { } feedForward)
            FeedForward.Add(feedForward, parallel, x, state.Workspace);
        else if (config.IsParallelResidual)
            MixtureOfExperts.Add(weights.Experts!, parallel, x, state.Workspace);
        else
            MixtureOfExperts.Apply(weights.Experts!, x, state.Workspace);
    }

    /// <summary>What a parallel feed-forward block reads: the first norm's rows, or rows by a norm of its own.</summary>
    private ReadOnlySpan<float> ParallelInput(ReadOnlySpan<float> normalized, ReadOnlySpan<float> x, Workspace workspace)
    {
        if (weights.ParallelNorm is null)
            return normalized;
        var own = workspace.Take(x.Length); // [R, D]
        weights.ParallelNorm.Apply(x, own);
        return own;
    }

    private void AddSelfAttention(LayerPass pass, DecoderState state, ReadOnlySpan<float> normalized, Span<float> x)
    {
        if (selfAttention is null)
            AverageAttention.Add(weights.AverageAttention!, new AverageRows(pass.Plan, state.Cache, Number), normalized, x, state.Workspace);
        else
            AddDotProductAttention(selfAttention, pass, state, normalized, x);
    }

    private void AddDotProductAttention(MultiHeadAttention attention, LayerPass pass, DecoderState state, ReadOnlySpan<float> normalized, Span<float> x)
    {
        using var scope = state.Workspace.Open();
        var (shape, plan) = (attention.Shape, pass.Plan);
        var stride = shape.QueryWidth + 2 * shape.KeyValueWidth;
        var projected = state.Workspace.Take(plan.Count * stride); // [R, (H + 2·G)·K]
        state.Workspace.Products.FetchAlong(state.Cache.Layer(Number));
        attention.Weights.QueryKeyValue.Apply(normalized, projected, state.Workspace);
        for (var r = 0; r < plan.Count; r++)
        {
            var row = projected.Slice(r * stride, stride); // [(H + 2·G)·K]: query, key, value
            pass.Angles.Rotate(r, row[..(shape.QueryWidth + shape.KeyValueWidth)]);
            row[shape.QueryWidth..].CopyTo(state.Cache.Row(Number, plan[r].TableRow)); // [2·G·K]
        }

        var context = state.Workspace.Take(x.Length); // [R, H·K]
        attention.Attend(new QueryRows(projected, stride, context), state.Cache.Table(Number, shape), plan.KeyLists, pass, new AttentionSite(Number, IsCross: false));
        var cross = CrossTable(state); // read two products later: each fetches one half
        state.Workspace.Products.FetchAlong(cross[..(cross.Length / 2)]);
        attention.Weights.Output.Add(context, x, state.Workspace); // [R, D]
    }

    private void AddCrossAttention(LayerPass pass, DecoderState state, ReadOnlySpan<float> normalized, Span<float> x)
    {
        using var scope = state.Workspace.Open();
        var (attention, cross, plan) = (crossAttention!, state.Cross!, pass.Plan);
        var shape = attention.Shape;
        var query = state.Workspace.Take(plan.Count * shape.QueryWidth); // [R, H·K]
        var values = CrossTable(state); // [sum of S, 2·G·K]
        state.Workspace.Products.FetchAlong(values[(values.Length / 2)..]);
        attention.Weights.Query.Apply(normalized, query, state.Workspace);
        var context = state.Workspace.Take(x.Length); // [R, H·K]
        var table = new KeyValueTable(values, 2 * shape.KeyValueWidth, keyColumn: 0, shape);
        attention.Attend(new QueryRows(query, shape.QueryWidth, context), table, cross.KeyLists(plan), pass, new AttentionSite(Number, IsCross: true));
        attention.Weights.Output.Add(context, x, state.Workspace); // [R, D]
    }

    private ReadOnlySpan<float> CrossTable(DecoderState state) => state.Cross is { } cross ? cross.Layer(Number) : default;
}
