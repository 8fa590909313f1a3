using Galvani.Kernels;

namespace Galvani.Generation;

/// <summary>A decoder that takes note of every token that is likely after any hypothesis that a search follows. Memory is kept from batch to batch.</summary>
/// <param name="smallestProbability">What is less likely is not noted.</param>
internal sealed class RecordingDecoder(float smallestProbability) : IDecoder
{
    private readonly List<List<int>> tokens = []; // of each sentence, in the order in which they are met
    private float[] largest = []; // [B, V]
    private int[] sentences = []; // [R]
    private int[] lastSentences = [];
    private IDecoder inner = null!;

    /// <inheritdoc/>
    public int SentenceCount => inner.SentenceCount;

    /// <inheritdoc/>
    public int VocabularyCount => inner.VocabularyCount;

    /// <inheritdoc/>
    public int? MaximumLength => inner.MaximumLength;

    /// <summary>Takes the decoder of the next batch and forgets what was noted.</summary>
    public void Attach(IDecoder decoder)
    {
        inner = decoder;
        var count = checked(SentenceCount * VocabularyCount);
        if (largest.Length < count)
            largest = new float[count];
        largest.AsSpan(0, count).Clear();
        while (tokens.Count < SentenceCount)
            tokens.Add([]);
        tokens.ForEach(list => list.Clear());
    }

    /// <summary>What was noted for a sentence: tokens, each with its largest probability after any hypothesis.</summary>
    public IReadOnlyList<(int Token, float Probability)> NotedOf(int sentence) => [.. tokens[sentence].Select(token => (token, largest[sentence * VocabularyCount + token]))];

    /// <inheritdoc/>
    public int SourceLength(int sentence) => inner.SourceLength(sentence);

    /// <inheritdoc/>
    public void Begin(Span<float> logits)
    {
        Reserve(SentenceCount);
        for (var i = 0; i < SentenceCount; i++)
            sentences[i] = i;
        inner.Begin(logits);
        Note(SentenceCount, logits);
    }

    /// <inheritdoc/>
    public void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        (sentences, lastSentences) = (lastSentences, sentences);
        Reserve(tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
            sentences[i] = lastSentences[parents[i]];
        inner.Advance(parents, tokens, logits);
        Note(tokens.Length, logits);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Attention(int row) => inner.Attention(row);

    private void Reserve(int rowCount)
    {
        if (sentences.Length < rowCount)
            sentences = new int[rowCount];
    }

    private void Note(int rowCount, ReadOnlySpan<float> logits)
    {
        for (var r = 0; r < rowCount; r++)
        {
            var values = logits.Slice(r * VocabularyCount, VocabularyCount);
            var normalizer = LogSumExp.Of(values);
            var smallest = normalizer + MathF.Log(smallestProbability);
            var first = sentences[r] * VocabularyCount;
            for (var token = 0; token < values.Length; token++)
            {
                if (!(values[token] >= smallest))
                    continue;
                ref var noted = ref largest[first + token];
                if (noted == 0)
                    tokens[sentences[r]].Add(token);
                noted = Math.Max(noted, MathF.Exp(values[token] - normalizer));
            }
        }
    }
}
