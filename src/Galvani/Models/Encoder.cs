using Galvani.Kernels;
using Galvani.Models.Layers;
using Galvani.Models.Weights;

namespace Galvani.Models;

/// <summary>
/// The encoder (Vaswani et al. 2017, 3.1, with norms before the blocks): embedding, layers, final norm. Batches have no padding: all row-wise work is done on the sentences' rows one after the other,
/// attention sentence by sentence, so that neighbours change nothing. Immutable; may be used by many threads, each with its own workspace.
/// </summary>
internal sealed class Encoder
{
    private readonly ModelConfig config;
    private readonly MultiHeadAttention[] attentions;

    /// <param name="config">The model.</param>
    /// <param name="weights">The weights.</param>
    public Encoder(ModelConfig config, EncoderWeights weights)
    {
        (this.config, Weights) = (config, weights);
        attentions = [.. weights.Layers.Select(layer => MultiHeadAttention.Bidirectional(config, layer.Attention))];
    }

    /// <summary>The weights.</summary>
    public EncoderWeights Weights { get; }

    /// <summary>The layers.</summary>
    public int LayerCount => Weights.Layers.Count;

    /// <summary>The most tokens a sentence may have; null where nothing limits them.</summary>
    public int? MaximumLength => Weights.Embedding.Positions?.RowCount;

    /// <summary>Encodes a batch.</summary>
    /// <param name="sentences">B sentences.</param>
    /// <param name="workspace">Scratch.</param>
    /// <param name="observer">Sees embedded tokens, layers and self-attention; null for none.</param>
    /// <exception cref="ArgumentException">A sentence is longer than the positional table, or an id is no row of its table.</exception>
    public EncodedBatch Encode(IReadOnlyList<Sentence> sentences, Workspace workspace, ForwardObserver? observer)
    {
        var states = new float[checked(sentences.Sum(sentence => sentence.Length) * config.ModelWidth)]; // [R, D], R = sum of S
        var batch = new EncodedBatch(sentences, states);
        for (int first = 0, end; first < sentences.Count; first = end)
        {
            end = observer is null ? GroupEnd(batch, first) : sentences.Count;
            var rows = (batch.Start(end) - batch.Start(first)) * config.ModelWidth;
            Encode(new SentenceGroup(batch, first, end), workspace, states.AsSpan(batch.Start(first) * config.ModelWidth, rows), observer);
        }

        return batch;
    }

    /// <summary>The end of the sentences that are encoded together: as many as make products fast and no more, so that scratch memory does not grow with the batch; at least one.</summary>
    private static int GroupEnd(EncodedBatch batch, int first)
    {
        const int LargestRowCount = 256;
        var end = first + 1;
        while (end < batch.Sentences.Count && batch.Start(end + 1) - batch.Start(first) <= LargestRowCount)
            end++;
        return end;
    }

    /// <summary>Encodes sentences together.</summary>
    /// <param name="group">The sentences.</param>
    /// <param name="workspace">Scratch.</param>
    /// <param name="states">[R, D], overwritten.</param>
    /// <param name="observer">Sees what happens; null for none.</param>
    private void Encode(SentenceGroup group, Workspace workspace, Span<float> states, ForwardObserver? observer)
    {
        using var scope = workspace.Open();
        var x = workspace.Take(states.Length); // [R, D]
        Embed(group, x);
        observer?.Embedded(x);
        var plan = Plan(group);
        var pass = new LayerPass(plan, RotaryAngles.Create(config, plan.Positions, workspace), workspace, observer);
        for (var layer = 0; layer < LayerCount; layer++)
        {
            Layer(layer, pass, x); // [R, D]
            observer?.Layer(layer, x);
        }

        Weights.FinalNorm.Apply(x, states); // [R, D]
    }

    private void Embed(SentenceGroup group, Span<float> x)
    {
        for (var b = group.First; b < group.End; b++)
        {
            var sentence = group.Batch.Sentences[b];
            Weights.Embedding.Check(sentence.Ids, sentence.Features);
            Weights.Embedding.Embed(sentence.Ids, sentence.Features, x.Slice(group.Start(b) * config.ModelWidth, sentence.Length * config.ModelWidth)); // [S, D]
        }
    }

    /// <summary>Every token sees all tokens of its sentence.</summary>
    private static RowPlan Plan(SentenceGroup group)
    {
        var plan = new RowPlan();
        for (var b = group.First; b < group.End; b++)
        {
            var (start, length) = (group.Start(b), group.Batch.Length(b));
            for (var s = 0; s < length; s++)
                plan.AddKey(start + s, s);
            for (var s = 0; s < length; s++)
                plan.AddRow(new PlannedRow { Sentence = b, Position = s, Index = s, QueryPosition = s, Previous = start + s - 1, TableRow = start + s }, (start, length), (start, length));
        }

        return plan;
    }

    /// <summary>c = attention(norm(x)); out = x + c + F(norm(x + c)), or x + c + F(norm(x)) where the blocks stand side by side.</summary>
    private void Layer(int layer, LayerPass pass, Span<float> x)
    {
        using var scope = pass.Workspace.Open();
        var layerWeights = Weights.Layers[layer];
        var normalized = pass.Workspace.Take(x.Length); // [R, D]
        layerWeights.AttentionNorm.Apply(x, normalized);
        var context = pass.Workspace.Take(x.Length); // [R, H·K]
        SelfAttention(layer, pass, normalized, context);
        layerWeights.Attention.Output.Add(context, x, pass.Workspace); // [R, D]
        FeedForward.Add(layerWeights.FeedForward, normalized, x, pass.Workspace);
    }

    private void SelfAttention(int layer, LayerPass pass, ReadOnlySpan<float> normalized, Span<float> context)
    {
        using var scope = pass.Workspace.Open();
        var (attention, plan) = (attentions[layer], pass.Plan);
        var shape = attention.Shape;
        var stride = shape.QueryWidth + 2 * shape.KeyValueWidth;
        var projected = pass.Workspace.Take(plan.Count * stride); // [R, (H + 2·G)·K]
        attention.Weights.QueryKeyValue.Apply(normalized, projected, pass.Workspace);
        for (var r = 0; r < plan.Count; r++)
            pass.Angles.Rotate(r, projected.Slice(r * stride, shape.QueryWidth + shape.KeyValueWidth));

        var table = new KeyValueTable(projected, stride, keyColumn: shape.QueryWidth, shape);
        attention.Attend(new QueryRows(projected, stride, context), table, plan.KeyLists, pass, new AttentionSite(layer, IsCross: false));
    }

    /// <summary>Sentences of a batch that are encoded together.</summary>
    /// <param name="Batch">The batch.</param>
    /// <param name="First">The first of them.</param>
    /// <param name="End">The one behind the last.</param>
    private readonly record struct SentenceGroup(EncodedBatch Batch, int First, int End)
    {
        /// <summary>Where a sentence's rows begin among those of the group.</summary>
        public int Start(int sentence) => Batch.Start(sentence) - Batch.Start(First);
    }
}
