// OpenNMT-py's report_align: the decoder runs again over the whole hypothesis, and the cross-attention of the layer that the model was trained to align with
// (options alignment_layer, alignment_heads, full_context_alignment) is the alignment.
using Galvani.Generation;
using Galvani.Models;

namespace Galvani;

/// <summary>The weights of every target piece over its source pieces.</summary>
internal sealed class AlignmentPass : ForwardObserver
{
    private readonly int layer;
    private readonly int headCount;
    private readonly int usedHeads;
    private readonly List<float[]> rows = [];

    private AlignmentPass(NmtModel model)
    {
        headCount = model.Config.HeadCount;
        layer = Layer(model, out _);
        var heads = model.Checkpoint.Options.Integer("alignment_heads");
        usedHeads = heads > 0 ? Math.Min(heads, headCount) : headCount;
    }

    /// <summary>The layer whose attention aligns.</summary>
    /// <param name="model">The model.</param>
    /// <param name="isReplaced">Whether the layer that the options name does not exist, so that the last stands for it.</param>
    public static int Layer(NmtModel model, out bool isReplaced)
    {
        var (named, count) = (model.Checkpoint.Options.Integer("alignment_layer"), model.Config.DecoderLayerCount);
        var layer = named < 0 ? named + count : named;
        isReplaced = layer < 0 || layer >= count;
        return isReplaced ? count - 1 : layer;
    }

    /// <summary>Aligns hypotheses.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sentences">B sentences.</param>
    /// <param name="hypotheses">For each sentence its hypotheses.</param>
    /// <param name="workspace">Scratch.</param>
    /// <returns>For each sentence, hypothesis and piece (the end token is none) the weights, [S].</returns>
    public static IReadOnlyList<IReadOnlyList<IReadOnlyList<float[]>>> Run(
        NmtModel model, IReadOnlyList<Sentence> sentences, IReadOnlyList<IReadOnlyList<Hypothesis>> hypotheses, Workspace workspace)
    {
        var end = model.TargetVocabulary!.IdOf(Text.Vocabulary.End);
        var context = model.Checkpoint.Options.Flag("full_context_alignment") ? SequenceContext.Full : SequenceContext.Causal;
        var repeated = new List<Sentence>();
        var sequences = new List<int[]>();
        for (var i = 0; i < sentences.Count; i++)
        {
            foreach (var hypothesis in hypotheses[i])
            {
                repeated.Add(sentences[i]);
                sequences.Add([model.Decoder.Tokens.Start, .. hypothesis.Ids.SkipLast(1)]);
            }
        }

        var observer = new AlignmentPass(model);
        var encoded = model.Encoder.Encode(repeated, workspace, observer: null);
        using var pass = new SequencePass(model.Decoder, encoded, sequences, context, workspace, observer);
        return observer.Group(hypotheses, end);
    }

    public override void CrossAttention(int layer, int row, ReadOnlySpan<float> weights)
    {
        if (layer != this.layer)
            return;
        var length = weights.Length / headCount; // S
        var mean = new float[length];
        for (var head = 0; head < usedHeads; head++)
        {
            for (var s = 0; s < length; s++)
                mean[s] += weights[head * length + s] / usedHeads;
        }

        rows.Add(mean);
    }

    private List<List<IReadOnlyList<float[]>>> Group(IReadOnlyList<IReadOnlyList<Hypothesis>> hypotheses, int end)
    {
        var first = 0;
        var groups = new List<List<IReadOnlyList<float[]>>>();
        foreach (var sentence in hypotheses)
        {
            var group = new List<IReadOnlyList<float[]>>();
            foreach (var hypothesis in sentence)
            {
                var count = hypothesis.Ids.Count;
                group.Add(rows.GetRange(first, hypothesis.Ids[^1] == end ? count - 1 : count));
                first += count;
            }

            groups.Add(group);
        }

        return groups;
    }
}
