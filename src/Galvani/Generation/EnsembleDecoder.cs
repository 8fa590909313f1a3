using System.Numerics.Tensors;

namespace Galvani.Generation;

/// <summary>How the models of an ensemble are put together.</summary>
public enum EnsembleMean
{
    /// <summary>The mean of the logits: OpenNMT-py's default.</summary>
    Logits,

    /// <summary>The logarithm of the mean of the exponentials of the logits: OpenNMT-py's <c>avg_raw_probs</c>. Not the mean of the probabilities.</summary>
    Exponentials,
}

/// <summary>Several decoders as one: each goes every step, and their logits and attentions are averaged.</summary>
public sealed class EnsembleDecoder : IDecoder
{
    private readonly IReadOnlyList<IDecoder> decoders;
    private readonly EnsembleMean mean;
    private float[] scratch = []; // [R, V] of one decoder
    private float[] largest = []; // [R, V]: of the exponents summed so far
    private float[] attention = []; // [S]

    /// <param name="decoders">At least one, of the same sentences and vocabulary.</param>
    /// <param name="mean">How they are put together.</param>
    /// <exception cref="ArgumentException">There is none, or their sentences or vocabularies differ.</exception>
    public EnsembleDecoder(IReadOnlyList<IDecoder> decoders, EnsembleMean mean)
    {
        ArgumentNullException.ThrowIfNull(decoders);
        if (decoders.Count == 0)
            throw new ArgumentException("An ensemble has at least one decoder.", nameof(decoders));
        (this.decoders, this.mean) = (decoders, mean);
        for (var i = 1; i < decoders.Count; i++)
        {
            if (decoders[i].VocabularyCount != VocabularyCount)
                throw new ArgumentException($"Model {i + 1} of the ensemble produces {decoders[i].VocabularyCount} tokens, the first {VocabularyCount}.", nameof(decoders));
            if (decoders[i].SentenceCount != SentenceCount || Enumerable.Range(0, SentenceCount).Any(sentence => decoders[i].SourceLength(sentence) != SourceLength(sentence)))
                throw new ArgumentException($"Model {i + 1} of the ensemble has other sentences than the first.", nameof(decoders));
        }
    }

    /// <inheritdoc/>
    public int SentenceCount => decoders[0].SentenceCount;

    /// <inheritdoc/>
    public int VocabularyCount => decoders[0].VocabularyCount;

    /// <inheritdoc/>
    /// <remarks>The least of the models'.</remarks>
    public int? MaximumLength => decoders.Min(decoder => decoder.MaximumLength);

    /// <inheritdoc/>
    public int SourceLength(int sentence) => decoders[0].SourceLength(sentence);

    /// <inheritdoc/>
    public void Begin(Span<float> logits)
    {
        decoders[0].Begin(logits);
        StartSum(logits);
        for (var i = 1; i < decoders.Count; i++)
        {
            decoders[i].Begin(scratch.AsSpan(0, logits.Length));
            Add(logits);
        }

        FinishSum(logits);
    }

    /// <inheritdoc/>
    public void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        decoders[0].Advance(parents, tokens, logits);
        StartSum(logits);
        for (var i = 1; i < decoders.Count; i++)
        {
            decoders[i].Advance(parents, tokens, scratch.AsSpan(0, logits.Length));
            Add(logits);
        }

        FinishSum(logits);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Attention(int row)
    {
        var first = decoders[0].Attention(row); // [S]
        if (attention.Length < first.Length)
            attention = new float[first.Length];
        var sum = attention.AsSpan(0, first.Length);
        first.CopyTo(sum);
        for (var i = 1; i < decoders.Count; i++)
            TensorPrimitives.Add(sum, decoders[i].Attention(row), sum);
        TensorPrimitives.Divide(sum, decoders.Count, sum);
        return sum;
    }

    private void StartSum(Span<float> logits)
    {
        if (scratch.Length < logits.Length)
            (scratch, largest) = (new float[logits.Length], mean == EnsembleMean.Exponentials ? new float[logits.Length] : []);
        if (mean != EnsembleMean.Exponentials)
            return;
        logits.CopyTo(largest); // the sum of exponentials is kept as exp(largest) x logits, so that it never overflows
        logits.Fill(1);
    }

    private void Add(Span<float> logits)
    {
        if (mean == EnsembleMean.Logits)
        {
            TensorPrimitives.Add(logits, scratch.AsSpan(0, logits.Length), logits);
            return;
        }

        for (var i = 0; i < logits.Length; i++)
        {
            var shift = Math.Max(largest[i], scratch[i]);
            if (float.IsNegativeInfinity(shift))
                continue; // impossible in every model so far: the sum of exponentials stays nothing
            logits[i] = logits[i] * MathF.Exp(largest[i] - shift) + MathF.Exp(scratch[i] - shift);
            largest[i] = shift;
        }
    }

    private void FinishSum(Span<float> logits)
    {
        TensorPrimitives.Divide(logits, decoders.Count, logits);
        if (mean == EnsembleMean.Logits)
            return;
        TensorPrimitives.Log(logits, logits);
        TensorPrimitives.Add(logits, largest.AsSpan(0, logits.Length), logits);
    }
}
