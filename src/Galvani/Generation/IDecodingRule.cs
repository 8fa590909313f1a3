namespace Galvani.Generation;

/// <summary>
/// Edits the log-probabilities of a hypothesis's next token before the search chooses: a repetition penalty, a forbidden word, a grammar. Called for every hypothesis at
/// every step, also by several threads at once when searches run side by side: implementations keep no state of a call.
/// </summary>
public interface IDecodingRule
{
    /// <summary>Edits one row. What is negative infinity is never chosen.</summary>
    /// <param name="tokens">The hypothesis so far, without the start token; empty at the first step.</param>
    /// <param name="logProbabilities">[V], edited in place; need not sum to one afterwards.</param>
    void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities);
}
