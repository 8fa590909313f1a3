using Galvani.Models.Layers;
using Galvani.Models.Weights;

namespace Galvani.Models;

/// <summary>
/// The decoder (Vaswani et al. 2017, 3.1, with norms before the blocks), and the decoder-only language model. One pass serves whole sequences, prompts and single steps alike: what a row
/// may see is said by the plan. Immutable; may be used by many threads, each with its own state.
/// </summary>
internal sealed class Decoder
{
    private readonly DecoderLayer[] layers;

    /// <param name="config">The model.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="tokens">The special tokens.</param>
    public Decoder(ModelConfig config, DecoderWeights weights, TokenIds tokens)
    {
        (Config, Weights, Tokens) = (config, weights, tokens);
        CopyOutput = weights.CopyGate is { } gate ? new CopyOutput(weights.Generator, gate, tokens.Padding) : null;
        layers = [.. weights.Layers.Select((layer, number) => new DecoderLayer(config, layer, number))];
    }

    /// <summary>The model.</summary>
    public ModelConfig Config { get; }

    /// <summary>The weights.</summary>
    public DecoderWeights Weights { get; }

    /// <summary>The special tokens.</summary>
    public TokenIds Tokens { get; }

    /// <summary>The output of a copy model; null in others.</summary>
    public CopyOutput? CopyOutput { get; }

    /// <summary>V.</summary>
    public int VocabularyCount => Weights.Generator.OutputWidth;

    /// <summary>The rows of the positional table; null where nothing limits positions.</summary>
    public int? PositionCount => Weights.Embedding.Positions?.RowCount;

    /// <summary>State for a batch.</summary>
    /// <param name="encoded">The encoder's states; null in a language model.</param>
    /// <param name="workspace">Scratch.</param>
    public DecoderState CreateState(EncodedBatch? encoded, Workspace workspace) => new(
        new DecoderCache(layers.Length, DecoderLayer.CacheWidth(Config), workspace), encoded is null ? null : new CrossKeys(Weights.Layers, encoded, workspace), workspace);

    /// <summary>Runs rows through the layers and the final norm. Their keys and values are written to their rows of the cache.</summary>
    /// <param name="plan">R rows.</param>
    /// <param name="tokens">[R], the tokens.</param>
    /// <param name="state">The state; the plan's rows were added to its cache.</param>
    /// <param name="states">[R, D], overwritten.</param>
    /// <param name="observer">Sees embedded tokens, layers and attention; null for none.</param>
    /// <exception cref="ArgumentException">A token or its position has no row in its table.</exception>
    public void Run(RowPlan plan, ReadOnlySpan<int> tokens, DecoderState state, Span<float> states, ForwardObserver? observer)
    {
        using var scope = state.Workspace.Open();
        var x = state.Workspace.Take(plan.Count * Config.ModelWidth); // [R, D]
        for (var r = 0; r < plan.Count; r++)
            Embed(tokens[r], plan[r].Position, x.Slice(r * Config.ModelWidth, Config.ModelWidth));
        observer?.Embedded(x);
        var pass = new LayerPass(plan, RotaryAngles.Create(Config, plan.Positions, state.Workspace), state.Workspace, observer);
        foreach (var layer in layers)
        {
            layer.Run(pass, state, x); // [R, D]
            observer?.Layer(layer.Number, x);
        }

        Weights.FinalNorm.Apply(x, states); // [R, D]
        GC.KeepAlive(state); // its memory is not the collector's
    }

    /// <summary>The tokens that can be produced for a batch: V, in a copy model also the most words that a sentence adds.</summary>
    public int OutputCount(EncodedBatch? encoded)
    {
        var count = VocabularyCount;
        if (CopyOutput is null || encoded is null)
            return count;
        foreach (var sentence in encoded.Sentences)
        {
            foreach (var id in sentence.CopyIds)
                count = Math.Max(count, id + 1);
        }

        return count;
    }

    /// <summary>The output projection.</summary>
    /// <param name="states">[R, D], after the final norm.</param>
    /// <param name="logits">[R, V], overwritten: unnormalised log-probabilities.</param>
    /// <param name="workspace">Scratch.</param>
    public void Logits(ReadOnlySpan<float> states, Span<float> logits, Workspace workspace) => Weights.Generator.Apply(states, logits, workspace);

    private void Embed(int token, int position, Span<float> row)
    {
        if (CopyOutput is not null && token >= VocabularyCount)
            token = Tokens.Unknown; // a copied word that the vocabulary lacks
        if ((uint)token >= (uint)Weights.Embedding.Words.RowCount)
            throw new ArgumentException($"The token {token} is no row of an embedding of {Weights.Embedding.Words.RowCount}.", nameof(token));
        if (position >= PositionCount)
            throw new ArgumentException($"Position {position} is beyond the positional table, which has {PositionCount} rows.", nameof(position));
        Weights.Embedding.Embed(token, position, row);
    }
}
