namespace Galvani.Generation;

/// <summary>The rows of one decoder step, in the decoder's order. Memory is kept.</summary>
internal sealed class RowSet
{
    private int[] parents = [];
    private int[] tokens = [];
    private Row[] rows = [];

    /// <summary>R.</summary>
    public int Count { get; private set; }

    /// <summary>[R]: the row of the last step that each continues.</summary>
    public ReadOnlySpan<int> Parents => parents.AsSpan(0, Count);

    /// <summary>[R]: the token that each takes.</summary>
    public ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    /// <summary>A row.</summary>
    public ref Row this[int index] => ref rows[index];

    /// <summary>Makes room, and forgets all rows.</summary>
    public void Reset(int capacity)
    {
        Count = 0;
        if (rows.Length >= capacity)
            return;
        parents = new int[capacity];
        tokens = new int[capacity];
        rows = new Row[capacity];
    }

    /// <summary>Adds a row; there must be room.</summary>
    public void Add(int parent, int token, Row row)
    {
        parents[Count] = parent;
        tokens[Count] = token;
        rows[Count++] = row;
    }

    /// <summary>Forgets the rows from <paramref name="count"/> on.</summary>
    public void Truncate(int count) => Count = count;
}

/// <summary>A running hypothesis.</summary>
/// <param name="Sentence">The sentence of the batch.</param>
/// <param name="Node">Its last token in the tree.</param>
/// <param name="Sum">The sum of its log-probabilities.</param>
/// <param name="Path">When sampling: which of the sentence's paths.</param>
internal record struct Row(int Sentence, int Node, float Sum, int Path);
