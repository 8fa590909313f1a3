using Galvani.Models;

namespace Galvani;

/// <summary>
/// Runs a model and shows what it computes: embedded tokens, the output of each layer, self- and cross-attention of each layer and head. Immutable; safe for use by several threads. The model must stay open.
/// </summary>
public sealed class StateReader
{
    /// <param name="model">The model; not owned.</param>
    public StateReader(NmtModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
    }

    /// <summary>The model.</summary>
    public NmtModel Model { get; }

    /// <summary>The layers whose states can be taken: of the encoder, in a language model of the decoder.</summary>
    public int LayerCount => Model.Config.Task == ModelTask.LanguageModel ? Model.Config.DecoderLayerCount : Model.Config.EncoderLayerCount;

    /// <summary>The most tokens that a line may have; null where nothing limits them.</summary>
    public int? MaximumLength => Model.Config.Task == ModelTask.LanguageModel ? Model.Decoder.PositionCount - 1 : Model.Encoder.MaximumLength;

    /// <summary>Reads a sentence. In a language model the rows are those of the start token and the sentence's.</summary>
    /// <param name="line">The sentence, not empty.</param>
    /// <exception cref="ArgumentException">The line has no tokens, or more than the positional table has rows.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public SentenceStates Read(TokenizedLine line)
    {
        RequireTokens(line, nameof(line));
        return Model.Config.Task == ModelTask.LanguageModel ? ReadText(line) : ReadSource(line, out _);
    }

    /// <summary>Reads a sentence and a given translation: the decoder's attention, too.</summary>
    /// <param name="source">The sentence, not empty.</param>
    /// <param name="target">The translation; the start token is added, the end token is not.</param>
    /// <exception cref="ArgumentException">The source has no tokens, a line has more than a positional table has rows, or the model is a language model.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public SentenceStates Read(TokenizedLine source, TokenizedLine target)
    {
        RequireTokens(source, nameof(source));
        ArgumentNullException.ThrowIfNull(target);
        if (target.Ids.Count > Model.Decoder.PositionCount - 1)
            throw new ArgumentException($"The translation has {target.Ids.Count} pieces, the limit is {Model.Decoder.PositionCount - 1}.", nameof(target));
        var states = ReadSource(source, out var encoded);
        int[] ids = [Model.Decoder.Tokens.Start, .. target.Ids];
        var seen = new StateCollector(Model.Config, ids.Length, source.Ids.Count);
        using var workspace = Model.CreateWorkspace();
        using var pass = new SequencePass(Model.Decoder, encoded, [ids], SequenceContext.Causal, workspace, seen);
        return states with { DecoderAttention = seen.Self, CrossAttention = seen.Cross, TargetIds = ids };
    }

    /// <summary>The ids of the rows in front of those of a sentence's own tokens: in a language model that has a start token that one, else none.</summary>
    public IReadOnlyList<int> StartIds => Model.Config.Task == ModelTask.LanguageModel && Model.Checkpoint.Vocabularies!.StartToken.Length > 0 ? [Model.Decoder.Tokens.Start] : [];

    /// <summary>Reads some states of a sentence, and keeps nothing else: no other layers and no attention, which takes the most memory.</summary>
    /// <param name="line">The sentence, not empty.</param>
    /// <param name="layers">Which states.</param>
    /// <returns>For each of the layers [S, D], with rows for <see cref="StartIds"/> in front: those of <see cref="Read(TokenizedLine)"/>.</returns>
    /// <exception cref="ArgumentException">The line has no tokens, or more than the positional table has rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public IReadOnlyList<float[]> ReadLayers(TokenizedLine line, IReadOnlyList<StateLayer> layers)
    {
        RequireTokens(line, nameof(line));
        ArgumentNullException.ThrowIfNull(layers);
        foreach (var layer in layers)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer.Number ?? 0, LayerCount, nameof(layers));
        var seen = new LayerCollector(layers);
        using var workspace = Model.CreateWorkspace();
        if (Model.Config.Task == ModelTask.LanguageModel)
        {
            using var pass = new SequencePass(Model.Decoder, encoded: null, [Model.ToText(line)], SequenceContext.Causal, workspace, seen);
            return seen.With(pass.States);
        }

        return seen.With(Model.Encoder.Encode([Model.ToSentence(line)], workspace, seen).States);
    }

    /// <summary>Reads a sentence in parts, each by itself: their rows one after the other, without attention, which does not reach from one part to another.</summary>
    /// <param name="parts">The parts, in order, none of them empty; one is read as <see cref="Read(TokenizedLine)"/> does it.</param>
    /// <returns>Rows for all tokens; in a language model behind that of one start token.</returns>
    /// <exception cref="ArgumentException">There are no parts, or one has no tokens, or more than the positional table has rows.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public SentenceStates ReadParts(IReadOnlyList<TokenizedLine> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
            throw new ArgumentException("There are no parts, expected at least one.", nameof(parts));
        var read = parts.Select(Read).ToList();
        if (read.Count == 1)
            return read[0];
        var repeated = StartIds.Count;
        return new SentenceStates
        {
            Width = read[0].Width, HeadCount = read[0].HeadCount, EncoderAttention = [],
            Embedded = Join(states => states.Embedded), Layers = [.. Enumerable.Range(0, LayerCount).Select(layer => Join(states => states.Layers[layer]))], Encoded = Join(states => states.Encoded),
            TargetIds = [.. read.SelectMany((states, part) => states.TargetIds.Skip(part == 0 ? 0 : repeated))],
        };

        // [S, D] of all parts
        float[] Join(Func<SentenceStates, float[]> rows) => [.. read.SelectMany((states, part) => rows(states).Skip(part == 0 ? 0 : repeated * states.Width))];
    }

    private SentenceStates ReadSource(TokenizedLine line, out EncodedBatch encoded)
    {
        var seen = new StateCollector(Model.Config, line.Ids.Count, sourceLength: 0);
        using var workspace = Model.CreateWorkspace();
        encoded = Model.Encoder.Encode([Model.ToSentence(line)], workspace, seen);
        return new SentenceStates
        {
            Width = Model.Config.ModelWidth, HeadCount = Model.Config.HeadCount, Embedded = seen.EmbeddedStates, Layers = seen.Layers, Encoded = encoded.States.ToArray(), EncoderAttention = seen.Self,
        };
    }

    private SentenceStates ReadText(TokenizedLine line)
    {
        var ids = Model.ToText(line);
        var seen = new StateCollector(Model.Config, ids.Length, sourceLength: 0);
        using var workspace = Model.CreateWorkspace();
        using var pass = new SequencePass(Model.Decoder, encoded: null, [ids], SequenceContext.Causal, workspace, seen);
        return new SentenceStates
        {
            Width = Model.Config.ModelWidth, HeadCount = Model.Config.HeadCount, Embedded = seen.EmbeddedStates, Layers = seen.Layers, Encoded = pass.States.ToArray(), EncoderAttention = [],
            DecoderAttention = seen.Self, TargetIds = ids,
        };
    }

    private static void RequireTokens(TokenizedLine line, string name)
    {
        ArgumentNullException.ThrowIfNull(line, name);
        if (line.Ids.Count == 0)
            throw new ArgumentException("The line has no tokens, there is nothing to read.", name);
    }
}
