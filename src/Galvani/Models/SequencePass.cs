using Galvani.Kernels;

namespace Galvani.Models;

/// <summary>
/// A whole-sequence pass of a decoder: all tokens of given sequences at once, as in training. Reads the log-probabilities of what comes after each token. Owned by one call;
/// the batch's composition changes nothing.
/// </summary>
internal sealed class SequencePass : IDisposable
{
    private const int ChunkElements = 1 << 20;
    private readonly Decoder decoder;
    private readonly DecoderState state;
    private readonly float[] states;
    private readonly int[] starts;
    private readonly LastAttention attention;
    private readonly int outputCount;

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
        states = new float[checked(plan.Count * decoder.Config.ModelWidth)]; // [R, D], R = sum of T
        attention = new LastAttention(decoder.Config, observer);
        outputCount = decoder.OutputCount(encoded);
        decoder.Run(plan, [.. sequences.SelectMany(sequence => sequence)], state, states, decoder.CopyOutput is null ? observer : attention);
    }

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();

    /// <summary>[sum of T, D], the states after the final norm.</summary>
    public ReadOnlySpan<float> States => states;

    /// <summary>The tokens of a sequence.</summary>
    public int Length(int sequence) => starts[sequence + 1] - starts[sequence];

    /// <summary>V, in a copy model with the words that the batch's sources add.</summary>
    public int OutputCount => outputCount;

    /// <summary>The log-probabilities of the token after each token of a sequence.</summary>
    /// <param name="sequence">0-based.</param>
    /// <returns>[T, <see cref="OutputCount"/>].</returns>
    public float[] LogProbabilities(int sequence)
    {
        var result = new float[checked(Length(sequence) * outputCount)]; // [T, V]
        Fill(sequence, 0, result);
        return result;
    }

    /// <summary>The log-probability of a given token after each token of a sequence; some rows at a time, without the whole table.</summary>
    /// <param name="sequence">0-based.</param>
    /// <param name="next">[T], the tokens.</param>
    /// <returns>[T].</returns>
    /// <exception cref="ArgumentException">A token cannot be produced.</exception>
    public float[] LogProbabilitiesOf(int sequence, ReadOnlySpan<int> next)
    {
        using var scope = state.Workspace.Open();
        var rowsAtOnce = Math.Clamp(ChunkElements / outputCount, 1, Math.Max(1, next.Length));
        var rows = state.Workspace.Take(rowsAtOnce * outputCount); // [rows at once, V]
        var result = new float[next.Length]; // [T]
        for (var t = 0; t < next.Length; t++)
        {
            if ((uint)next[t] >= (uint)outputCount)
                throw new ArgumentException($"The token {next[t]} is not among the {outputCount} that can be produced.", nameof(next));
            if (t % rowsAtOnce == 0)
                Fill(sequence, t, rows[..(Math.Min(rowsAtOnce, next.Length - t) * outputCount)]);
            result[t] = rows[t % rowsAtOnce * outputCount + next[t]];
        }

        return result;
    }

    /// <summary>The log-probabilities after some tokens of a sequence, as many as there is room for.</summary>
    /// <param name="sequence">0-based.</param>
    /// <param name="first">The first of the tokens.</param>
    /// <param name="rows">[tokens, V], overwritten.</param>
    private void Fill(int sequence, int first, Span<float> rows)
    {
        var (d, row) = (decoder.Config.ModelWidth, starts[sequence] + first);
        if (decoder.CopyOutput is null)
        {
            decoder.Logits(states.AsSpan(row * d, rows.Length / outputCount * d), rows, state.Workspace);
            SoftMax.LogRows(rows, outputCount);
            return;
        }

        for (var t = 0; t < rows.Length / outputCount; t++)
            decoder.CopyOutput.LogProbabilities(states.AsSpan((row + t) * d, d), attention.Row(row + t), state.Cross!.Batch.Sentences[sequence], rows.Slice(t * outputCount, outputCount), state.Workspace);
    }
}
