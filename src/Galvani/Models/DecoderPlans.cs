namespace Galvani.Models;

/// <summary>What a row of a whole-sequence pass may see of its own sequence.</summary>
internal enum SequenceContext
{
    /// <summary>Itself and what stands before it: the pass of training and scoring.</summary>
    Causal,

    /// <summary>The whole sequence: an alignment with full context.</summary>
    Full,

    /// <summary>As <see cref="Causal"/>, with OpenNMT-py's distances of a prompt: relative vectors count from the prompt's last token, whichever token asks.</summary>
    Prompt,
}

/// <summary>Fills plans: which keys the rows of a pass see. The rows' cache rows are added here, too.</summary>
internal static class DecoderPlans
{
    /// <summary>Whole sequences, one after the other. Padding tokens are not seen; a row that would see nothing sees its whole sequence, as in OpenNMT-py.</summary>
    /// <param name="plan">Overwritten.</param>
    /// <param name="sequences">The token sequences; sequence b belongs to sentence b.</param>
    /// <param name="decoder">Window and padding token.</param>
    /// <param name="context">What a row may see.</param>
    /// <param name="cache">Gets a row for each token.</param>
    public static void FillSequences(RowPlan plan, IReadOnlyList<int[]> sequences, Decoder decoder, SequenceContext context, DecoderCache cache)
    {
        plan.Clear();
        for (var sentence = 0; sentence < sequences.Count; sentence++)
            AddSequence(plan, new PlannedSequence(sentence, sequences[sentence], cache.Add(sequences[sentence].Length)), decoder, context);
    }

    /// <summary>One token more for each row.</summary>
    /// <param name="plan">Overwritten.</param>
    /// <param name="last">The plan of the last step.</param>
    /// <param name="parents">[R], the row of the last plan that each row continues.</param>
    /// <param name="decoder">The model.</param>
    /// <param name="cache">Gets a row for each row.</param>
    public static void FillStep(RowPlan plan, RowPlan last, ReadOnlySpan<int> parents, Decoder decoder, DecoderCache cache)
    {
        plan.Clear();
        cache.Reserve(parents.Length, last, parents);
        // A whole-sequence pass sees a window of w keys and the query itself, a step the last w keys with itself among them: so does OpenNMT-py.
        var window = decoder.Config.SlidingWindow == 0 ? int.MaxValue : decoder.Config.SlidingWindow;
        for (var r = 0; r < parents.Length; r++)
        {
            var (parent, first) = (last[parents[r]], plan.KeyCount);
            plan.AddKeys(last, parents[r]);
            var cacheRow = cache.Take();
            plan.AddKey(cacheRow, parent.Index + 1);
            var count = plan.KeyCount - first;
            var seen = Math.Min(count, window);
            var row = new PlannedRow
            {
                Sentence = parent.Sentence, Position = parent.Position + 1, Index = parent.Index + 1, QueryPosition = parent.Index + 1, Previous = parent.TableRow, TableRow = cacheRow,
            };
            plan.AddRow(row, (first, count), (first + count - seen, seen));
        }
    }

    private static void AddSequence(RowPlan plan, PlannedSequence sequence, Decoder decoder, SequenceContext context)
    {
        var (sentence, tokens, firstCacheRow) = sequence;
        var all = AddKeys(plan, tokens, firstCacheRow, padding: null);
        var known = Array.IndexOf(tokens, decoder.Tokens.Padding) < 0 ? all : AddKeys(plan, tokens, firstCacheRow, decoder.Tokens.Padding);
        var knownBefore = 0; // known keys up to the token
        for (var t = 0; t < tokens.Length; t++)
        {
            if (known == all || tokens[t] != decoder.Tokens.Padding)
                knownBefore++;
            var past = (known.First, knownBefore);
            var seen = context == SequenceContext.Full ? known : Window(plan, past, oldest: t - decoder.Config.SlidingWindow, decoder);
            var queryPosition = context == SequenceContext.Prompt && decoder.Config.Positions == PositionScheme.Shaw ? tokens.Length - 1 : t;
            var row = new PlannedRow { Sentence = sentence, Position = t, Index = t, QueryPosition = queryPosition, Previous = firstCacheRow + t - 1, TableRow = firstCacheRow + t };
            plan.AddRow(row, past, seen.Count > 0 ? seen : all);
        }
    }

    private static (int First, int Count) AddKeys(RowPlan plan, int[] tokens, int firstCacheRow, int? padding)
    {
        var first = plan.KeyCount;
        for (var t = 0; t < tokens.Length; t++)
        {
            if (tokens[t] != padding)
                plan.AddKey(firstCacheRow + t, t);
        }

        return (first, plan.KeyCount - first);
    }

    private static (int First, int Count) Window(RowPlan plan, (int First, int Count) keys, int oldest, Decoder decoder)
    {
        while (decoder.Config.SlidingWindow > 0 && keys.Count > 0 && plan.KeyPosition(keys.First) < oldest)
            keys = (keys.First + 1, keys.Count - 1);
        return keys;
    }

    /// <summary>A whole sequence, the sentence it belongs to, and the first of its rows in the cache.</summary>
    private readonly record struct PlannedSequence(int Sentence, int[] Tokens, int FirstCacheRow);
}
