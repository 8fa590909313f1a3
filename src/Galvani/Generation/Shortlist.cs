namespace Galvani.Generation;

/// <summary>
/// What each sentence of a batch may consist of. A sentence's own tokens are numbered from 0 on: its slots. Tokens that all sentences have (special tokens among them) come first and
/// have the same slots in every sentence; what is a sentence's own follows, sorted. Memory is kept from batch to batch; one thread.
/// </summary>
internal sealed class Shortlist
{
    private const int NoColumn = -1;
    private readonly int[] common;
    private readonly int[] columnOf; // [V]: the token's column among those of the batch, or NoColumn
    private readonly int[] batchTokens; // [V], the first are in use
    private readonly List<int> starts = [];
    private int batchTokenCount;
    private int[] tokens = []; // slots of one sentence after the other
    private int[] columns = [];

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

    /// <summary>Takes in a batch in place of the last.</summary>
    /// <param name="sentences">For each sentence what it may consist of, sorted.</param>
    /// <exception cref="ArgumentException">A token is outside the vocabulary.</exception>
    public void Fill(IReadOnlyList<IReadOnlyList<int>> sentences)
    {
        var most = checked(sentences.Count * common.Length + sentences.Sum(sentence => sentence.Count));
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

    /// <summary>The token of each slot of a sentence.</summary>
    public ReadOnlySpan<int> TokensOf(int sentence) => tokens.AsSpan(starts[sentence]..starts[sentence + 1]);

    /// <summary>The column of each slot of a sentence.</summary>
    public ReadOnlySpan<int> ColumnsOf(int sentence) => columns.AsSpan(starts[sentence]..starts[sentence + 1]);

    /// <summary>The slot of a token that all sentences have.</summary>
    public int CommonSlot(int token) => Array.BinarySearch(common, token);

    /// <summary>The slot of a token that the sentence has.</summary>
    public int SlotOf(int sentence, int token)
    {
        var slot = CommonSlot(token);
        return slot >= 0 ? slot : common.Length + TokensOf(sentence)[common.Length..].BinarySearch(token);
    }

    private void NumberColumns()
    {
        var all = tokens.AsSpan(0, starts[^1]);
        Array.Fill(columnOf, NoColumn);
        foreach (var token in all)
            columnOf[token] = 0;
        batchTokenCount = 0;
        for (var token = 0; token < columnOf.Length; token++)
        {
            if (columnOf[token] == NoColumn)
                continue;
            columnOf[token] = batchTokenCount;
            batchTokens[batchTokenCount++] = token;
        }

        for (var i = 0; i < all.Length; i++)
            columns[i] = columnOf[all[i]];
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
