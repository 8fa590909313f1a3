namespace Galvani.Generation;

/// <summary>Draws W independent paths for each sentence (OpenNMT-py's random sampling), with a random stream of our own.</summary>
internal sealed class SampleSearch(SearchOptions options, SpecialTokens special) : SearchStrategy(options, special)
{
    private readonly TokenSampler sampler = new(options.Sampling!);

    /// <inheritdoc/>
    /// <remarks>A draw weighs every token.</remarks>
    protected override bool NeedsWholeRows => true;

    protected override void Prepare(IDecoder decoder) => sampler.Reset(VocabularyCount);

    protected override void Choose(IDecoder decoder, int sentence, int first, int end)
    {
        if (Position == 0)
        {
            for (var path = 0; path < Options.BeamWidth; path++)
                Extend(decoder, first, path);
        }
        else
        {
            for (var row = first; row < end; row++)
                Extend(decoder, row, Rows[row].Path);
        }
    }

    private void Extend(IDecoder decoder, int row, int path)
    {
        var (sentence, node, sum, _) = Rows[row];
        var state = Sentences[sentence];
        var values = Values(row);
        var token = state.ForcedToken(Position) ?? sampler.Draw(values, state.Request.StreamNumber, path, Position);
        if (token < 0)
        {
            state.Finish(sum / Divisor(Position), node, Position); // every token is forbidden: what there is counts as cut
            return;
        }

        sum += sampler.Score(values[token]);
        node = AddNode(decoder, row, token, values[token]);
        if (token == Special.End || Position + 1 >= state.Limit)
            state.Finish(sum / Divisor(Position + 1), node, Position + 1);
        else
            Next.Add(row, token, new Row(sentence, node, sum, path));
    }

    private float Divisor(int tokenCount) => LengthPenalties.Divisor(Options.LengthPenalty, Options.LengthPenaltyAlpha, tokenCount);
}
