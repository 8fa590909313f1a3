namespace Galvani.Generation;

/// <summary>
/// A decoder whose tokens are the slots of a <see cref="Shortlist"/>: every sentence chooses among its own tokens, whatever the others of its batch have. Rows are as wide as the sentence with most slots; behind a
/// sentence's own stands negative infinity, which adds nothing to a sum of exponentials and is never chosen.
/// </summary>
/// <param name="shortlist">Filled for each batch before <see cref="Attach"/>.</param>
internal sealed class ShortlistDecoder(Shortlist shortlist) : IDecoder
{
    private IDecoder inner = null!;
    private float[] logits = []; // [R, tokens of the batch]
    private int[] tokens = []; // [R], the model's ids
    private int[] sentences = []; // [R]
    private int[] lastSentences = [];

    /// <summary>Takes the decoder of the next batch.</summary>
    /// <param name="decoder">Produces the batch's tokens, in the order of <see cref="Shortlist.BatchTokens"/>, and takes the model's ids.</param>
    public void Attach(IDecoder decoder) => inner = decoder;

    /// <inheritdoc/>
    public int SentenceCount => inner.SentenceCount;

    /// <inheritdoc/>
    /// <remarks>The slots of the sentence that has most.</remarks>
    public int VocabularyCount => shortlist.SlotCount;

    /// <inheritdoc/>
    public int? MaximumLength => inner.MaximumLength;

    /// <inheritdoc/>
    public int SourceLength(int sentence) => inner.SourceLength(sentence);

    /// <inheritdoc/>
    public void Begin(Span<float> logits)
    {
        Reserve(SentenceCount);
        for (var row = 0; row < SentenceCount; row++)
            sentences[row] = row;
        inner.Begin(Inner(SentenceCount));
        Gather(SentenceCount, logits);
    }

    /// <inheritdoc/>
    public void Advance(ReadOnlySpan<int> parents, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        (sentences, lastSentences) = (lastSentences, sentences);
        Reserve(tokens.Length);
        for (var row = 0; row < tokens.Length; row++)
        {
            sentences[row] = lastSentences[parents[row]];
            this.tokens[row] = shortlist.TokensOf(sentences[row])[tokens[row]];
        }

        inner.Advance(parents, this.tokens.AsSpan(0, tokens.Length), Inner(tokens.Length));
        Gather(tokens.Length, logits);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Attention(int row) => inner.Attention(row);

    private void Reserve(int rowCount)
    {
        if (sentences.Length < rowCount)
            sentences = new int[rowCount];
        if (tokens.Length < rowCount)
            tokens = new int[rowCount];
        if (logits.Length < checked(rowCount * inner.VocabularyCount))
            logits = new float[rowCount * inner.VocabularyCount];
    }

    private Span<float> Inner(int rowCount) => logits.AsSpan(0, rowCount * inner.VocabularyCount);

    private void Gather(int rowCount, Span<float> destination)
    {
        for (var row = 0; row < rowCount; row++)
        {
            var columns = shortlist.ColumnsOf(sentences[row]);
            var from = logits.AsSpan(row * inner.VocabularyCount, inner.VocabularyCount);
            var to = destination.Slice(row * shortlist.SlotCount, shortlist.SlotCount);
            for (var slot = 0; slot < columns.Length; slot++)
                to[slot] = from[columns[slot]];
            to[columns.Length..].Fill(float.NegativeInfinity);
        }
    }
}
