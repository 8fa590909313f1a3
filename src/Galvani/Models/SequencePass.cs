using Galvani.Kernels;

namespace Galvani.Models;

/// <summary>
/// A whole-sequence pass of a decoder: all tokens of given sequences at once, as in training. Reads the log-probabilities of what comes after each token. Owned by one call;
/// the batch's composition changes nothing.
/// </summary>
internal sealed class SequencePass
{
    private readonly Decoder decoder;
    private readonly DecoderState state;
    private readonly float[] states;
    private readonly int[] starts;

    /// <summary>Runs the pass.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="encoded">The encoder's states; null in a language model.</param>
    /// <param name="sequences">Sequence b belongs to sentence b; each begins with the start token.</param>
    /// <param name="context">What a row may see of its sequence.</param>
    /// <param name="workspace">Scratch.</param>
    /// <param name="observer">Sees embedded tokens, layers and attention; null for none.</param>
    /// <exception cref="ArgumentException">A token has no row, or a sequence is longer than the positional table.</exception>
    public SequencePass(Decoder decoder, EncodedBatch? encoded, IReadOnlyList<int[]> sequences, SequenceContext context, Workspace workspace, ForwardObserver? observer)
    {
        this.decoder = decoder;
        state = decoder.CreateState(encoded, workspace);
        starts = EncodedBatch.RowStarts([.. sequences.Select(sequence => new Sentence(sequence))]);
        var plan = new RowPlan();
        DecoderPlans.FillSequences(plan, sequences, decoder, context, state.Cache);
        states = new float[checked(plan.Count * decoder.Config.ModelWidth)];
        decoder.Run(plan, [.. sequences.SelectMany(sequence => sequence)], state, states, observer);
    }

    /// <summary>The tokens of a sequence.</summary>
    public int Length(int sequence) => starts[sequence + 1] - starts[sequence];

    /// <summary>The log-probabilities of the token after each token of a sequence.</summary>
    /// <param name="sequence">0-based.</param>
    /// <returns>[T, V].</returns>
    public float[] LogProbabilities(int sequence)
    {
        var (d, v) = (decoder.Config.ModelWidth, decoder.VocabularyCount);
        var logits = new float[checked(Length(sequence) * v)]; // [T, V]
        decoder.Logits(states.AsSpan(starts[sequence] * d, Length(sequence) * d), logits);
        SoftMax.LogRows(logits, v);
        return logits;
    }

    /// <summary>The log-probability of a given token after each token of a sequence; row by row, without the whole table.</summary>
    /// <param name="sequence">0-based.</param>
    /// <param name="next">[T], the tokens.</param>
    /// <returns>[T].</returns>
    /// <exception cref="ArgumentException">A token is not in the vocabulary.</exception>
    public float[] LogProbabilitiesOf(int sequence, ReadOnlySpan<int> next)
    {
        using var scope = state.Workspace.Open();
        var (d, v) = (decoder.Config.ModelWidth, decoder.VocabularyCount);
        var logits = state.Workspace.Take(v); // [V]
        var result = new float[next.Length];
        for (var t = 0; t < next.Length; t++)
        {
            if ((uint)next[t] >= (uint)v)
                throw new ArgumentException($"The token {next[t]} is not among the {v} that can be produced.", nameof(next));
            decoder.Logits(states.AsSpan((starts[sequence] + t) * d, d), logits);
            SoftMax.LogRows(logits, v);
            result[t] = logits[next[t]];
        }

        return result;
    }
}
