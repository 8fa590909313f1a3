namespace Galvani.Generation;

/// <summary>What the search knows of one sentence of the batch.</summary>
internal sealed class SentenceState
{
    private readonly SpecialTokens special;
    private readonly List<(float Score, int Node)> finished;

    public SentenceState(GenerationRequest request, SearchOptions options, SpecialTokens special, IDecoder decoder, int sentence)
    {
        Request = request;
        this.special = special;
        SourceLength = decoder.SourceLength(sentence);
        MinimumLength = options.MinimumLength + request.Prefix.Count;
        Limit = LimitOf(options, request, decoder, SourceLength);
        finished = new List<(float, int)>(2 * options.BeamWidth);
        foreach (var token in request.Prefix)
        {
            if ((uint)token >= (uint)decoder.VocabularyCount)
                throw new ArgumentException($"The prefix of sentence {sentence} has the id {token}, the model's are 0 to {decoder.VocabularyCount - 1}.", nameof(request));
        }
    }

    public GenerationRequest Request { get; }

    /// <summary>S; 0 in a language model.</summary>
    public int SourceLength { get; }

    /// <summary>The tokens before which the end token is not allowed.</summary>
    public int MinimumLength { get; }

    /// <summary>The most tokens.</summary>
    public int Limit { get; }

    /// <summary>The best finished score, each divided by its tokens and 2, for <see cref="SearchOptions.StopRatio"/>.</summary>
    public float BestRatioScore { get; private set; } = float.NegativeInfinity;

    /// <summary>Whether the best hypothesis of some step had finished.</summary>
    public bool BestHasFinished { get; set; }

    public int FinishedCount => finished.Count;

    /// <summary>The token that the prefix forces at a position; null for a free choice, also where the prefix has an end or padding token.</summary>
    public int? ForcedToken(int position)
    {
        if (position >= Request.Prefix.Count)
            return null;
        var token = Request.Prefix[position];
        return token == special.End || token == special.Padding ? null : token;
    }

    /// <summary>Takes in a finished hypothesis.</summary>
    public void Finish(float score, int node, int tokenCount)
    {
        finished.Add((score, node));
        BestRatioScore = Math.Max(BestRatioScore, score / (tokenCount + 2));
    }

    /// <summary>The best hypotheses, best first; of equal ones, the one that finished first.</summary>
    public IReadOnlyList<Hypothesis> Best(int count, HypothesisTree tree) =>
        [.. finished.OrderByDescending(entry => entry.Score).Take(count).Select(entry => tree.ToHypothesis(entry.Node, entry.Score))];

    private static int LimitOf(SearchOptions options, GenerationRequest request, IDecoder decoder, int sourceLength)
    {
        const int Slack = 5; // OpenNMT-py's own allowance
        double limit = options.MaximumLength;
        if (options.MaximumLengthRatio > 0 && sourceLength > 0)
            limit = Math.Min(limit, sourceLength * options.MaximumLengthRatio + Slack);
        var tokens = (long)limit + request.Prefix.Count;
        if (decoder.MaximumLength is { } most && request.Prefix.Count >= most)
            throw new ArgumentException($"A prefix has {request.Prefix.Count} tokens, the model can produce {most}: shorten it.", nameof(request));
        return (int)Math.Min(tokens, decoder.MaximumLength ?? int.MaxValue);
    }
}
