namespace Galvani.Cli.Pipe;

/// <summary>A line that was too long and translated in parts, as one translation.</summary>
internal static class JoinedTranslation
{
    /// <summary>
    /// Joins the parts, rank by rank: texts with a space between, pieces and ids one after the other (each part's end token stays in the ids), the score being the mean of the parts' scores by
    /// their tokens, attention and alignment over the source of the whole line.
    /// </summary>
    /// <param name="whole">The whole line.</param>
    /// <param name="parts">Its parts, in order; at least one.</param>
    public static Translation Of(TokenizedLine whole, IReadOnlyList<Translation> parts)
    {
        var count = parts.Min(part => part.Hypotheses.Count);
        return new Translation(whole, [.. Enumerable.Range(0, count).Select(rank => Join(whole.Ids.Count, parts, rank))]);
    }

    private static TranslationHypothesis Join(int sourceLength, IReadOnlyList<Translation> parts, int rank)
    {
        var chosen = parts.Select(part => part.Hypotheses[rank]).ToList();
        var (attention, alignment) = (new List<float[]>(), new List<AlignedPair>());
        var (source, target) = (0, 0);
        foreach (var (part, hypothesis) in parts.Zip(chosen))
        {
            foreach (var row in hypothesis.Attention ?? [])
            {
                var wide = new float[sourceLength];
                row.CopyTo(wide, source);
                attention.Add(wide);
            }

            alignment.AddRange((hypothesis.Alignment ?? []).Select(pair => new AlignedPair(pair.Source + source, pair.Target + target)));
            source += part.Source.Ids.Count;
            target += hypothesis.Pieces.Count;
        }

        var tokenCount = chosen.Sum(hypothesis => hypothesis.Ids.Count);
        return new TranslationHypothesis
        {
            Text = string.Join(' ', chosen.Select(hypothesis => hypothesis.Text)),
            Pieces = [.. chosen.SelectMany(hypothesis => hypothesis.Pieces)],
            Ids = [.. chosen.SelectMany(hypothesis => hypothesis.Ids)],
            Score = (float)(chosen.Sum(hypothesis => (double)hypothesis.Score * hypothesis.Ids.Count) / tokenCount),
            TokenScores = [.. chosen.SelectMany(hypothesis => hypothesis.TokenScores)],
            Attention = chosen[0].Attention is null ? null : attention,
            Alignment = chosen[0].Alignment is null ? null : alignment,
        };
    }
}
