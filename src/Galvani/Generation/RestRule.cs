namespace Galvani.Generation;

/// <summary>Forbids the slot that stands for the rest of the vocabulary, once it has had its share of the probability.</summary>
/// <param name="slot">The slot.</param>
internal sealed class RestRule(int slot) : IDecodingRule
{
    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities) => logProbabilities[slot] = float.NegativeInfinity;
}
