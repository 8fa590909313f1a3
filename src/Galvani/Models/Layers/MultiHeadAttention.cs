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

    /// <summary>The context of query rows.</summary>
    /// <param name="queries">R rows, which are divided by √K in place.</param>
    /// <param name="table">The keys and values.</param>
    /// <param name="keys">What each row sees; at least one key.</param>
    /// <param name="pass">The rows' plan, scratch, and who looks on.</param>
    /// <param name="site">Which attention this is.</param>
    public void Attend(QueryRows queries, KeyValueTable table, KeyLists keys, LayerPass pass, AttentionSite site)
    {
        for (int first = 0, count; first < keys.Ranges.Length; first += count)
        {
            using var scope = pass.Workspace.Open();
            count = GroupCount(keys.Ranges[first..]);
            var rows = Part(queries, first, count);
            var lists = new KeyLists(keys.Rows, keys.Ranges.Slice(first, count));
            var weights = pass.Workspace.Take((int)AttentionRun.WeightCount(lists, Shape)); // [H, N] of each row
            if (relative is null)
                pass.Workspace.Attention.Attend(rows, table.Keys, table.Values, lists, Shape, weights);
            else
                AttendRelative(rows, table, lists, weights, pass, first);
            if (pass.Observer is not null)
                Report(first, lists, weights, pass, site);
        }
    }

    private void AttendRelative(QueryRows rows, KeyValueTable table, KeyLists lists, Span<float> weights, LayerPass pass, int first)
    {
        pass.Workspace.Attention.Score(rows, table.Keys, table.Values, lists, Shape, weights);
        var rest = weights;
        for (var r = 0; r < lists.Ranges.Length; r++)
            relative!.AddToScores(rows.Queries.Slice(r * rows.Stride, Shape.QueryWidth), pass.Plan.Keys(first + r), TakeRow(ref rest, lists.Ranges[r]));
        pass.Workspace.Attention.Complete(rows, table.Keys, table.Values, lists, Shape, weights);
        rest = weights;
        for (var r = 0; r < lists.Ranges.Length; r++)
            relative!.AddToContext(TakeRow(ref rest, lists.Ranges[r]), pass.Plan.Keys(first + r), rows.Context.Slice(r * Shape.QueryWidth, Shape.QueryWidth));
    }

    private void Report(int first, KeyLists lists, Span<float> weights, LayerPass pass, AttentionSite site)
    {
        for (var r = 0; r < lists.Ranges.Length; r++)
        {
            var own = TakeRow(ref weights, lists.Ranges[r]); // [H, N]
            if (site.IsCross)
                pass.Observer!.CrossAttention(site.Layer, first + r, own);
            else
                pass.Observer!.SelfAttention(site.Layer, first + r, pass.Plan.Keys(first + r), own);
        }
    }

    /// <summary>Takes the weights of the next row off those of the rows to come.</summary>
    /// <returns>[H, N].</returns>
    private Span<float> TakeRow(ref Span<float> rest, KeyRange keys)
    {
        var own = rest[..(Shape.HeadCount * keys.Count)]; // [H, N]
        rest = rest[own.Length..];
        return own;
    }

    /// <summary>As many rows as fit the memory for weights; at least one.</summary>
    private int GroupCount(ReadOnlySpan<KeyRange> ranges)
    {
        const long LargestWeightCount = 1 << 20;
        var (count, keyCount) = (0, 0L);
        while (count < ranges.Length && (count == 0 || (keyCount + ranges[count].Count) * Shape.HeadCount <= LargestWeightCount))
            keyCount += ranges[count++].Count;
        return count;
    }

    private QueryRows Part(QueryRows rows, int first, int count) =>
        new(rows.Queries.Slice(first * rows.Stride, count * rows.Stride), rows.Stride, rows.Context.Slice(first * Shape.QueryWidth, count * Shape.QueryWidth)) { Divisor = divisor };
}

/// <summary>Which attention of a model.</summary>
/// <param name="Layer">0-based.</param>
/// <param name="IsCross">Whether it looks at the source.</param>
internal readonly record struct AttentionSite(int Layer, bool IsCross);
