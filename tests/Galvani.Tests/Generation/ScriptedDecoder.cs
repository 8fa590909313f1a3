using Galvani.Generation;

namespace Galvani.Tests.Generation;

/// <summary>
/// A decoder without a model: the logits after a hypothesis are a fixed function of the sentence's key and the hypothesis's tokens. Checks that the search keeps its
/// side of the contract: rows of a sentence adjacent, sentences in order, parents that exist.
/// </summary>
internal sealed class ScriptedDecoder(int vocabularyCount, params ScriptedSentence[] sentences) : IDecoder
{
    private List<(int Sentence, int[] Tokens)> rows = [];
    private List<(int Sentence, int[] Tokens)> previous = [];

    /// <summary>Called at every step, before anything else.</summary>
    public Action? OnStep { get; init; }

    /// <summary>Gives the logits; the default is a hash of key and tokens.</summary>
    public Func<int, int[], float[]>? Script { get; init; }

    public int SentenceCount => sentences.Length;

    public int VocabularyCount => vocabularyCount;

    public int? MaximumLength { get; init; }

    /// <summary>The number of rows at each step, the first included.</summary>
    public List<int> RowCounts { get; } = [];

    public int SourceLength(int sentence) => sentences[sentence].SourceLength;

    public void Begin(Span<float> logits)
    {
        rows = [.. Enumerable.Range(0, sentences.Length).Select(sentence => (sentence, Array.Empty<int>()))];
        Fill(logits);
    }

    public void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        OnStep?.Invoke();
        Assert.Equal(parents.Length, tokens.Length);
        previous = rows;
        rows = [];
        for (var i = 0; i < parents.Length; i++)
        {
            var (sentence, before) = previous[parents[i]];
            Assert.True(rows.Count == 0 || rows[^1].Sentence <= sentence, "sentences out of order");
            rows.Add((sentence, [.. before, tokens[i]]));
        }

        Fill(logits);
    }

    public ReadOnlySpan<float> Attention(int row) => AttentionOf(rows[row].Sentence, rows[row].Tokens);

    /// <summary>The logits of a hypothesis.</summary>
    public float[] LogitsOf(int sentence, int[] tokens)
    {
        if (Script is not null)
            return Script(sentence, tokens);
        var logits = new float[vocabularyCount];
        for (var v = 0; v < logits.Length; v++)
            logits[v] = (float)(4 * Noise(sentences[sentence].Key, tokens, v));
        return logits;
    }

    /// <summary>The attention of a hypothesis's last step: positive, sums to one.</summary>
    public float[] AttentionOf(int sentence, int[] tokens)
    {
        var weights = Enumerable.Range(0, sentences[sentence].SourceLength).Select(s => 0.05 + Noise(sentences[sentence].Key + 7, tokens, s)).ToArray();
        return [.. weights.Select(weight => (float)(weight / weights.Sum()))];
    }

    private void Fill(Span<float> logits)
    {
        Assert.Equal(rows.Count * vocabularyCount, logits.Length);
        RowCounts.Add(rows.Count);
        for (var row = 0; row < rows.Count; row++)
            LogitsOf(rows[row].Sentence, rows[row].Tokens).CopyTo(logits[(row * vocabularyCount)..]);
    }

    private static double Noise(int key, int[] tokens, int index)
    {
        var path = 17;
        foreach (var token in tokens)
            path = unchecked(path * 31 + token + 1);
        return RandomStream.At(key, path, path: 0, index);
    }
}

/// <summary>A sentence of a scripted batch.</summary>
/// <param name="Key">What its logits depend on.</param>
/// <param name="SourceLength">S.</param>
internal readonly record struct ScriptedSentence(int Key, int SourceLength);

/// <summary>A search that ends with its test.</summary>
internal static class TokenSearchExtensions
{
    public static IReadOnlyList<IReadOnlyList<Hypothesis>> Search(this TokenSearch search, IDecoder decoder, IReadOnlyList<GenerationRequest> requests) =>
        search.Run(decoder, requests, TestContext.Current.CancellationToken);
}
