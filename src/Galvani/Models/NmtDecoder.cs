using Galvani.Generation;
using Galvani.Models.Weights;

namespace Galvani.Models;

/// <summary>
/// A decoder at work for a search: steps over the cache, in which a hypothesis is the list of its tokens' rows, so that reordering beams copies no key and no value. Allocates nothing in a step once
/// its memory has grown. Owned by one search.
/// </summary>
internal sealed class NmtDecoder : IDecoder, IDisposable
{
    private readonly Decoder decoder;
    private readonly DecoderState state;
    private readonly IReadOnlyList<int[]> prompts;
    private readonly LastAttention attention;
    private readonly SelectedOutputs? outputs;
    private readonly int outputCount;
    private RowPlan plan = new();
    private RowPlan last = new();

    private NmtDecoder(Decoder decoder, EncodedBatch? encoded, IReadOnlyList<int[]> prompts, Workspace workspace, SelectedOutputs? outputs)
    {
        (this.decoder, this.prompts, this.outputs) = (decoder, prompts, outputs);
        state = decoder.CreateState(encoded, workspace);
        attention = new LastAttention(decoder.Config, next: null);
        outputCount = outputs?.Count ?? decoder.OutputCount(encoded);
    }

    /// <inheritdoc/>
    public int SentenceCount => prompts.Count;

    /// <inheritdoc/>
    /// <remarks>In a copy model also the words of the batch's sources that the vocabulary lacks, numbered behind it for each sentence (<see cref="Sentence.CopyIds"/>).</remarks>
    public int VocabularyCount => outputCount;

    /// <inheritdoc/>
    /// <remarks>In a language model what is left of the table after the longest prompt of the batch; one row of it is never used (see <see cref="Begin"/>).</remarks>
    public int? MaximumLength => decoder.PositionCount is not { } count ? null : state.Cross is not null ? count : Math.Max(0, count - prompts.Max(prompt => prompt.Length));

    /// <summary>Translates: every sequence begins with the start token.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="encoded">The encoder's states of B sentences, none of them empty.</param>
    /// <param name="workspace">Scratch.</param>
    /// <param name="outputs">The tokens that can be produced, in this order; null for the whole vocabulary. Not for copy models. Tokens are taken by the model's ids all the same.</param>
    public static NmtDecoder ForTranslation(Decoder decoder, EncodedBatch encoded, Workspace workspace, SelectedOutputs? outputs = null) =>
        new(decoder, encoded, [.. encoded.Sentences.Select(_ => new[] { decoder.Tokens.Start })], workspace, outputs);

    /// <summary>Continues prompts with a language model.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="prompts">B prompts with their start token, none of them empty.</param>
    /// <param name="workspace">Scratch.</param>
    public static NmtDecoder ForPrompts(Decoder decoder, IReadOnlyList<int[]> prompts, Workspace workspace) => new(decoder, encoded: null, prompts, workspace, outputs: null);

    /// <inheritdoc/>
    public int SourceLength(int sentence) => state.Cross?.Batch.Length(sentence) ?? 0;

    /// <inheritdoc/>
    /// <remarks>
    /// A prompt is read in one pass. As in OpenNMT-py, the first token that a language model produces then stands one position behind the one that follows its prompt of L tokens: position L is never used.
    /// </remarks>
    public void Begin(Span<float> logits)
    {
        using var scope = state.Workspace.Open();
        state.Cache.Clear();
        var d = decoder.Config.ModelWidth;
        DecoderPlans.FillSequences(plan, prompts, decoder, SequenceContext.Prompt, state.Cache);
        var tokens = state.Workspace.TakeIndices(plan.Count); // [sum of L]
        var start = 0;
        foreach (var prompt in prompts)
        {
            prompt.CopyTo(tokens[start..]);
            start += prompt.Length;
        }

        var states = state.Workspace.Take(plan.Count * d); // [sum of L, D]
        attention.Clear();
        decoder.Run(plan, tokens, state, states, attention);
        KeepLastRows();
        var lastStates = state.Workspace.Take(prompts.Count * d); // [B, D]
        for (var (b, row) = (0, -1); b < prompts.Count; b++)
        {
            row += prompts[b].Length;
            states.Slice(row * d, d).CopyTo(lastStates.Slice(b * d, d));
        }

        Output(lastStates, logits); // [B, V]
    }

    /// <inheritdoc/>
    public void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        if (parents.Length != tokens.Length)
            throw new ArgumentException($"There are {parents.Length} parents for {tokens.Length} tokens.", nameof(parents));
        using var scope = state.Workspace.Open();
        (plan, last) = (last, plan);
        DecoderPlans.FillStep(plan, last, parents, decoder, state.Cache);
        var states = state.Workspace.Take(plan.Count * decoder.Config.ModelWidth); // [R, D]
        attention.Clear();
        decoder.Run(plan, tokens, state, states, attention);
        Output(states, logits); // [R, V]
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Attention(int row) => attention.Row(row);

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();

    private void Output(ReadOnlySpan<float> states, Span<float> logits)
    {
        if (outputs is not null)
        {
            outputs.Apply(states, logits, state.Workspace);
            return;
        }

        if (decoder.CopyOutput is null)
        {
            decoder.Logits(states, logits, state.Workspace);
            return;
        }

        var d = decoder.Config.ModelWidth;
        for (var r = 0; r < plan.Count; r++)
            decoder.CopyOutput.LogProbabilities(states.Slice(r * d, d), attention.Row(r), state.Cross!.Batch.Sentences[plan[r].Sentence], logits.Slice(r * outputCount, outputCount), state.Workspace); // [V + added words]
    }

    /// <summary>After a prompt, each sentence's last row is the only one to be continued.</summary>
    private void KeepLastRows()
    {
        (plan, last) = (last, plan);
        plan.Clear();
        var row = -1;
        foreach (var prompt in prompts)
        {
            row += prompt.Length;
            var first = plan.KeyCount;
            plan.AddKeys(last, row);
            var keys = (first, plan.KeyCount - first);
            var gap = state.Cross is null ? 1 : 0;
            plan.AddRow(last[row] with { Position = last[row].Position + gap }, keys, keys);
        }
    }
}
