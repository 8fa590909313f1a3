namespace Galvani.Generation;

/// <summary>
/// The loop that beam search and sampling share: log-probabilities of every row, edited by rules, then the strategy's choice, then one step of the decoder with the rows
/// that go on. Owns all memory, which is kept from batch to batch: after the first, a step allocates nothing. One thread.
/// </summary>
internal abstract class SearchStrategy(SearchOptions options, SpecialTokens special)
{
    private readonly RowRules rules = new(options, special);
    private float[] logits = [];

    protected SearchOptions Options { get; } = options;

    protected SpecialTokens Special { get; } = special;

    protected HypothesisTree Tree { get; } = new();

    /// <summary>The rows of this step.</summary>
    protected RowSet Rows { get; private set; } = new();

    /// <summary>The rows that go on: what a choice adds to.</summary>
    protected RowSet Next { get; private set; } = new();

    protected SentenceState[] Sentences { get; private set; } = [];

    /// <summary>V.</summary>
    protected int VocabularyCount { get; private set; }

    /// <summary>Tokens of every row before this step's choice.</summary>
    protected int Position { get; private set; }

    /// <summary>Searches for a batch.</summary>
    /// <returns>For each sentence its hypotheses, best first.</returns>
    public IReadOnlyList<IReadOnlyList<Hypothesis>> Run(IDecoder decoder, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken)
    {
        if (requests.Count != decoder.SentenceCount)
            throw new ArgumentException($"There are {requests.Count} requests, the decoder has {decoder.SentenceCount} sentences.", nameof(requests));
        Start(decoder, requests);
        decoder.Begin(Logits());
        for (Position = 0; ; Position++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TakeLogProbabilities();
            ChooseAll(decoder);
            (Rows, Next) = (Next, Rows);
            if (Rows.Count == 0)
                break;
            decoder.Advance(Rows.Parents, Rows.Tokens, Logits());
        }

        return [.. Sentences.Select(sentence => sentence.Best(Options.HypothesisCount, Tree))];
    }

    /// <summary>Prepares for a batch.</summary>
    protected virtual void Prepare(IDecoder decoder)
    {
    }

    /// <summary>Done before the choices of a step.</summary>
    protected virtual void BeforeChoice(IDecoder decoder)
    {
    }

    /// <summary>Chooses for one sentence: finishes hypotheses, and adds those that go on to <see cref="Next"/>.</summary>
    /// <param name="decoder">For attention.</param>
    /// <param name="sentence">The sentence.</param>
    /// <param name="first">Its first row of this step.</param>
    /// <param name="end">One behind its last row.</param>
    protected abstract void Choose(IDecoder decoder, int sentence, int first, int end);

    /// <summary>The log-probabilities of a row's next token.</summary>
    protected Span<float> LogProbabilities(int row) => logits.AsSpan(row * VocabularyCount, VocabularyCount);

    /// <summary>Adds a chosen token to the tree.</summary>
    protected int AddNode(IDecoder decoder, int row, int token, float logProbability) =>
        Tree.Add(Rows[row].Node, token, logProbability, Options.KeepsAttention ? decoder.Attention(row) : []);

    private void Start(IDecoder decoder, IReadOnlyList<GenerationRequest> requests)
    {
        VocabularyCount = decoder.VocabularyCount;
        Sentences = new SentenceState[requests.Count];
        for (var i = 0; i < Sentences.Length; i++)
            Sentences[i] = new SentenceState(requests[i], Options, Special, decoder, i);
        var most = checked(Sentences.Length * Options.BeamWidth);
        if (logits.Length < checked(most * VocabularyCount))
            logits = new float[most * VocabularyCount];
        Tree.Clear();
        Next.Reset(most);
        Rows.Reset(most);
        for (var i = 0; i < Sentences.Length; i++)
            Rows.Add(parent: 0, Special.Start, new Row(i, HypothesisTree.Root, Sum: 0, Path: 0));
        Prepare(decoder);
    }

    private Span<float> Logits() => logits.AsSpan(0, Rows.Count * VocabularyCount); // [R, V]

    private void TakeLogProbabilities()
    {
        for (var row = 0; row < Rows.Count; row++)
        {
            var values = LogProbabilities(row);
            var sentence = Sentences[Rows[row].Sentence];
            if (!Kernels.LogSumExp.LogSoftMax(values))
                ThrowUnusable(Rows[row].Sentence);
            if (sentence.ForcedToken(Position) is null)
                rules.Apply(Tree, Rows[row].Node, sentence, values);
        }
    }

    private void ChooseAll(IDecoder decoder)
    {
        BeforeChoice(decoder);
        Next.Truncate(0);
        for (var first = 0; first < Rows.Count;)
        {
            var end = first + 1;
            while (end < Rows.Count && Rows[end].Sentence == Rows[first].Sentence)
                end++;
            Choose(decoder, Rows[first].Sentence, first, end);
            first = end;
        }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private void ThrowUnusable(int sentence) => throw new ArithmeticException(
        $"The logits of sentence {sentence} at token {Position + 1} are no finite numbers: the weights are broken, or too large for float32; galvani inspect --stats shows them.");
}
