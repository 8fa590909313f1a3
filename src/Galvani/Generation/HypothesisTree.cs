namespace Galvani.Generation;

/// <summary>
/// All hypotheses of a batch as one tree: a node is a token behind its parent's tokens, so that hypotheses share what they have in common and nothing is copied when
/// beams are reordered. Memory is kept from batch to batch.
/// </summary>
internal sealed class HypothesisTree
{
    /// <summary>The node in front of every first token.</summary>
    public const int Root = -1;

    private const int FirstCapacity = 1024;
    private Node[] nodes = new Node[FirstCapacity];
    private float[] attention = [];
    private int count;
    private int attentionCount;

    /// <summary>Forgets all nodes.</summary>
    public void Clear() => (count, attentionCount) = (0, 0);

    /// <summary>The number of tokens of a hypothesis.</summary>
    /// <param name="node">Its last token, or <see cref="Root"/>.</param>
    public int Length(int node) => node == Root ? 0 : nodes[node].Length;

    /// <summary>Adds a token.</summary>
    /// <param name="parent">The node it stands behind.</param>
    /// <param name="token">The token.</param>
    /// <param name="logProbability">Its log-probability.</param>
    /// <param name="row">[S]: its attention over the source; empty where attention is not kept.</param>
    /// <returns>The new node.</returns>
    public int Add(int parent, int token, float logProbability, ReadOnlySpan<float> row)
    {
        if (count == nodes.Length)
            Array.Resize(ref nodes, checked(2 * count));
        if (attention.Length - attentionCount < row.Length)
            Array.Resize(ref attention, checked(2 * attention.Length + row.Length));
        row.CopyTo(attention.AsSpan(attentionCount));
        nodes[count] = new Node(parent, token, logProbability, Length(parent) + 1, attentionCount, row.Length);
        attentionCount += row.Length;
        return count++;
    }

    /// <summary>The tokens of a hypothesis, first to last.</summary>
    /// <param name="node">Its last token.</param>
    /// <param name="destination">At least <see cref="Length"/> elements.</param>
    public void CopyTokens(int node, Span<int> destination)
    {
        for (var place = Length(node) - 1; node != Root; node = nodes[node].Parent)
            destination[place--] = nodes[node].Token;
    }

    /// <summary>A hypothesis as a result.</summary>
    /// <param name="node">Its last token.</param>
    /// <param name="score">Its score.</param>
    public Hypothesis ToHypothesis(int node, float score)
    {
        var length = Length(node);
        var (ids, scores, rows) = (new int[length], new float[length], new List<float[]>());
        for (var place = length - 1; node != Root; node = nodes[node].Parent)
        {
            var entry = nodes[node];
            ids[place] = entry.Token;
            scores[place--] = entry.LogProbability;
            if (entry.AttentionLength > 0)
                rows.Add(attention.AsSpan(entry.AttentionStart, entry.AttentionLength).ToArray());
        }

        rows.Reverse();
        return new Hypothesis(ids, score, scores, rows);
    }

    private readonly record struct Node(int Parent, int Token, float LogProbability, int Length, int AttentionStart, int AttentionLength);
}
