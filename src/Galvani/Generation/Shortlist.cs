namespace Galvani.Generation;

/// <summary>
/// What each sentence of a batch may consist of. A sentence's own tokens are numbered from 0 on: its slots. Tokens that all sentences have (special tokens among them) come first and
/// have the same slots in every sentence; then one slot stands for all tokens that the sentence does not have; what is a sentence's own follows, sorted. Every so many tokens of the vocabulary
/// are computed for all sentences: of them, those that a sentence does not have tell how likely the rest is. Memory is kept from batch to batch; one thread.
/// </summary>
internal sealed class Shortlist
{
    private const int NoColumn = -1;
    private const int NoToken = -1;
    private const int SampleDistance = 8; // of the vocabulary, so many tokens apart are in the sample of the rest
    private readonly int[] common;
    private readonly int[] columnOf; // [V]: the token's column among those of the batch, or NoColumn
    private readonly int[] batchTokens; // [V], the first are in use
    private readonly List<int> starts = [];
    private readonly List<int> restStarts = [];
    private int batchTokenCount;
    private int[] tokens = []; // slots of one sentence after the other
    private int[] columns = [];
    private int[] rest = []; // columns of the sample that are no slot, of one sentence after the other

    /// <param name="common">The tokens that all sentences have.</param>
    /// <param name="vocabularyCount">V.</param>
    /// <exception cref="ArgumentException">A token is outside the vocabulary.</exception>
    public Shortlist(IEnumerable<int> common, int vocabularyCount)
    {
        this.common = [.. common.Distinct().Order()];
        (columnOf, batchTokens) = (new int[vocabularyCount], new int[vocabularyCount]);
        Check(this.common, nameof(common));
    }

    /// <summary>B.</summary>
    public int SentenceCount => starts.Count - 1;

    /// <summary>The slots of the sentence that has most.</summary>
    public int SlotCount { get; private set; }

    /// <summary>The tokens of all sentences of the batch, sorted: a column of logits for each.</summary>
    public ReadOnlyMemory<int> BatchTokens => batchTokens.AsMemory(0, batchTokenCount);

    /// <summary>The slot that stands for the rest of the vocabulary: never to be chosen.</summary>
    public int RestSlot => common.Length;

    /// <summary>Takes in a batch in place of the last.</summary>
    /// <param name="sentences">For each sentence what it may consist of, sorted.</param>
    /// <exception cref="ArgumentException">A token is outside the vocabulary.</exception>
    public void Fill(IReadOnlyList<IReadOnlyList<int>> sentences)
    {
        var most = checked(sentences.Count * (common.Length + 1) + sentences.Sum(sentence => sentence.Count));
        if (tokens.Length < most)
            (tokens, columns) = (new int[most], new int[most]);
        starts.Clear();
        starts.Add(0);
        SlotCount = 0;
        foreach (var sentence in sentences)
        {
            Check(sentence, nameof(sentences));
            var end = starts[^1];
            foreach (var token in common)
                tokens[end++] = token;
            tokens[end++] = NoToken;
            foreach (var token in sentence)
            {
                if (Array.BinarySearch(common, token) < 0)
                    tokens[end++] = token;
            }

            SlotCount = Math.Max(SlotCount, end - starts[^1]);
            starts.Add(end);
        }

        NumberColumns();
    }

    /// <summary>The token of each slot of a sentence; negative for <see cref="RestSlot"/>.</summary>
    public ReadOnlySpan<int> TokensOf(int sentence) => tokens.AsSpan(starts[sentence]..starts[sentence + 1]);

    /// <summary>The columns that are a sample of the tokens a sentence does not have.</summary>
    public ReadOnlySpan<int> RestColumnsOf(int sentence) => rest.AsSpan(restStarts[sentence]..restStarts[sentence + 1]);

    /// <summary>The number of tokens that a sentence does not have.</summary>
    public int RestCountOf(int sentence) => columnOf.Length - (starts[sentence + 1] - starts[sentence] - 1);

    /// <summary>The column of each slot of a sentence; negative for <see cref="RestSlot"/>.</summary>
    public ReadOnlySpan<int> ColumnsOf(int sentence) => columns.AsSpan(starts[sentence]..starts[sentence + 1]);

    /// <summary>The slot of a token that all sentences have.</summary>
    public int CommonSlot(int token) => Array.BinarySearch(common, token);

    /// <summary>The slot of a token; negative where the sentence does not have it.</summary>
    public int SlotOf(int sentence, int token)
    {
        var slot = CommonSlot(token);
        if (slot >= 0)
            return slot;
        var own = TokensOf(sentence)[(RestSlot + 1)..].BinarySearch(token);
        return own < 0 ? own : RestSlot + 1 + own;
    }

    private void NumberColumns()
    {
        var all = tokens.AsSpan(0, starts[^1]);
        Array.Fill(columnOf, NoColumn);
        for (var token = 0; token < columnOf.Length; token += SampleDistance)
            columnOf[token] = 0;
        foreach (var token in all)
        {
            if (token != NoToken)
                columnOf[token] = 0;
        }

        batchTokenCount = 0;
        for (var token = 0; token < columnOf.Length; token++)
        {
            if (columnOf[token] == NoColumn)
                continue;
            columnOf[token] = batchTokenCount;
            batchTokens[batchTokenCount++] = token;
        }

        for (var i = 0; i < all.Length; i++)
            columns[i] = all[i] == NoToken ? NoColumn : columnOf[all[i]];
        FindRest();
    }

    private void FindRest()
    {
        var most = SentenceCount * ((columnOf.Length + SampleDistance - 1) / SampleDistance);
        if (rest.Length < most)
            rest = new int[most];
        restStarts.Clear();
        restStarts.Add(0);
        for (var sentence = 0; sentence < SentenceCount; sentence++)
        {
            var end = restStarts[^1];
            for (var token = 0; token < columnOf.Length; token += SampleDistance)
            {
                if (SlotOf(sentence, token) < 0)
                    rest[end++] = columnOf[token];
            }

            restStarts.Add(end);
        }
    }

    private void Check(IReadOnlyList<int> list, string parameter)
    {
        foreach (var token in list)
        {
            if ((uint)token >= (uint)columnOf.Length)
                throw new ArgumentException($"The token {token} is outside the vocabulary, the model's are 0 to {columnOf.Length - 1}.", parameter);
        }
    }
}
