namespace Galvani.Generation;

/// <summary>
/// A decoder at work on one batch of sentences: what search sees of a model. A row is one hypothesis; rows are added, repeated and dropped by naming, at each step,
/// the row that each new row continues. Owned by one search; not safe for use by several threads.
/// </summary>
public interface IDecoder
{
    /// <summary>B, the sentences of the batch.</summary>
    int SentenceCount { get; }

    /// <summary>V, the number of tokens that can be produced.</summary>
    int VocabularyCount { get; }

    /// <summary>The most tokens that can follow the start token, or null where nothing limits them (the rows of the positional table do).</summary>
    int? MaximumLength { get; }

    /// <summary>The source length of a sentence in tokens; 0 in a language model.</summary>
    /// <param name="sentence">0-based.</param>
    int SourceLength(int sentence);

    /// <summary>Starts: one row for each sentence, which has seen the start token (the prompt, in a language model).</summary>
    /// <param name="logits">[B, V], overwritten: unnormalised log-probabilities of each row's first token.</param>
    void Begin(Span<float> logits);

    /// <summary>Goes one token on.</summary>
    /// <param name="parents">[R]: the row of the last step (or of <see cref="Begin"/>) that each row continues; rows of one sentence stay adjacent and sentences keep their order.</param>
    /// <param name="tokens">[R]: the token that each row takes.</param>
    /// <param name="logits">[R, V], overwritten: unnormalised log-probabilities of each row's next token.</param>
    void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits);

    /// <summary>The cross-attention of a row in the last step: head 0 of the last layer.</summary>
    /// <param name="row">0-based.</param>
    /// <returns>[S of the row's sentence]; empty in a language model. Valid until the next step.</returns>
    ReadOnlySpan<float> Attention(int row);
}
