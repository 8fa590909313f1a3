namespace Galvani.Generation;

/// <summary>What may not come next, written into a row of log-probabilities as negative infinity; then the rules that the options add.</summary>
internal sealed class RowRules(SearchOptions options, SpecialTokens special)
{
    private readonly bool isNeeded = options.MinimumLength > 0 || options.BansUnknown || options.BlockedRepeatLength > 0 || options.Rules.Count > 0;
    private int[] tokens = [];

    /// <summary>Applies all rules to one row.</summary>
    /// <param name="tree">Holds the hypothesis.</param>
    /// <param name="node">The hypothesis.</param>
    /// <param name="sentence">Its sentence.</param>
    /// <param name="row">[V], edited.</param>
    public void Apply(HypothesisTree tree, int node, SentenceState sentence, Span<float> row)
    {
        if (!isNeeded)
            return;
        var length = tree.Length(node);
        if (length < sentence.MinimumLength)
            row[special.End] = float.NegativeInfinity;
        if (options.BansUnknown && special.Unknown is { } unknown)
            row[unknown] = float.NegativeInfinity;
        if (options.BlockedRepeatLength == 0 && options.Rules.Count == 0)
            return;
        var sequence = Sequence(tree, node, length, sentence.Limit);
        BlockRepeats(sequence, row);
        for (var i = 0; i < options.Rules.Count; i++)
            options.Rules[i].Apply(sequence[1..], row);
    }

    /// <summary>The start token and the hypothesis's tokens.</summary>
    private ReadOnlySpan<int> Sequence(HypothesisTree tree, int node, int length, int limit)
    {
        if (tokens.Length < limit + 1)
            tokens = new int[limit + 1];
        tokens[0] = special.Start;
        tree.CopyTokens(node, tokens.AsSpan(1, length));
        return tokens.AsSpan(0, length + 1);
    }

    /// <summary>Forbids every token that would repeat a sequence of n tokens, the start token being part of the first sequences where n is above 1.</summary>
    private void BlockRepeats(ReadOnlySpan<int> sequence, Span<float> row)
    {
        var n = options.BlockedRepeatLength;
        if (n == 0 || sequence.Length < n)
            return;
        var context = sequence[^(n - 1)..];
        var first = n == 1 ? 1 : 0; // the start token alone is no repeated word
        for (var start = first; start + n <= sequence.Length; start++)
        {
            var earlier = sequence.Slice(start, n);
            if (earlier[..^1].SequenceEqual(context) && !IsRepeatable(earlier))
                row[earlier[^1]] = float.NegativeInfinity;
        }
    }

    private bool IsRepeatable(ReadOnlySpan<int> sequence)
    {
        if (options.RepeatableTokens.Count == 0)
            return false;
        foreach (var token in sequence)
        {
            if (options.RepeatableTokens.Contains(token))
                return true;
        }

        return false;
    }
}
