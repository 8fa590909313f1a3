using System.Numerics.Tensors;
using Galvani.Kernels;

namespace Galvani.Generation;

/// <summary>
/// The loop that beam search and sampling share: log-probabilities of every row, edited by rules, then the strategy's choice, then one step of the decoder with the rows
/// that go on. Owns all memory, which is kept from batch to batch: after the first, a step allocates nothing.
/// </summary>
internal abstract class SearchStrategy : IParallelWork
{
    // Rows that a thread takes at once; below two such parts handing work out costs more than it saves.
    private const int RowsAtOnce = 4;
    private readonly RowRules rules;
    private WorkerPool? threads;
    private float[] logits = []; // [R, V]
    private float[] normalizers = []; // [R]
    private bool isRanking;

    /// <param name="options">How to search.</param>
    /// <param name="special">The ids that mean something.</param>
    protected SearchStrategy(SearchOptions options, SpecialTokens special)
    {
        (Options, Special) = (options, special);
        rules = new RowRules(options, special);
    }

    protected SearchOptions Options { get; }

    protected SpecialTokens Special { get; }

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
    /// <param name="decoder">At the beginning of its batch.</param>
    /// <param name="requests">One for each sentence.</param>
    /// <param name="threads">Share the work on rows; null for the calling thread alone.</param>
    /// <param name="cancellationToken">Ends the search between two steps.</param>
    /// <returns>For each sentence its hypotheses, best first.</returns>
    public IReadOnlyList<IReadOnlyList<Hypothesis>> Run(IDecoder decoder, IReadOnlyList<GenerationRequest> requests, WorkerPool? threads, CancellationToken cancellationToken)
    {
        this.threads = threads;
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

    /// <summary>Whether every element of a row is made a log-probability, not only those that are chosen.</summary>
    protected virtual bool NeedsWholeRows => Options.Rules.Count > 0;

    /// <summary>A row's values [V], which less its <see cref="Normalizer"/> are the log-probabilities of the next token; negative infinity where rules forbid one.</summary>
    protected Span<float> Values(int row) => logits.AsSpan(row * VocabularyCount, VocabularyCount);

    /// <summary>What a row's values must lose to be log-probabilities; 0 where they are.</summary>
    protected float Normalizer(int row) => normalizers[row];

    /// <summary>Finds what a choice will need of a row; rows may be ranked side by side by several threads.</summary>
    protected virtual void Rank(int row)
    {
    }

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
        if (normalizers.Length < most)
            normalizers = new float[most];
        Tree.Clear();
        Next.Reset(most);
        Rows.Reset(most);
        for (var i = 0; i < Sentences.Length; i++)
            Rows.Add(parent: 0, Special.Start, new Row(i, HypothesisTree.Root, Sum: 0, Path: 0));
        Prepare(decoder);
    }

    private Span<float> Logits() => logits.AsSpan(0, Rows.Count * VocabularyCount); // [R, V]

    /// <inheritdoc/>
    void IParallelWork.Run(int chunk)
    {
        for (var row = chunk * RowsAtOnce; row < Math.Min((chunk + 1) * RowsAtOnce, Rows.Count); row++)
        {
            if (isRanking)
                Rank(row);
            else
                Normalize(row);
        }
    }

    private void TakeLogProbabilities()
    {
        ForRows(ranking: false);
        for (var row = 0; row < Rows.Count; row++)
        {
            if (!float.IsFinite(normalizers[row]))
                ThrowUnusable(Rows[row].Sentence);
            var sentence = Sentences[Rows[row].Sentence];
            if (sentence.ForcedToken(Position) is null)
                rules.Apply(Tree, Rows[row].Node, sentence, Values(row));
        }

        ForRows(ranking: true);
    }

    private void Normalize(int row)
    {
        normalizers[row] = LogSumExp.Of(Values(row));
        if (!NeedsWholeRows || !float.IsFinite(normalizers[row]))
            return;
        TensorPrimitives.Subtract(Values(row), normalizers[row], Values(row));
        normalizers[row] = 0;
    }

    private void ForRows(bool ranking)
    {
        isRanking = ranking;
        var chunkCount = (Rows.Count + RowsAtOnce - 1) / RowsAtOnce;
        if (threads is not null && chunkCount > 1)
            threads.Run(this, chunkCount);
        else
        {
            for (var chunk = 0; chunk < chunkCount; chunk++)
                ((IParallelWork)this).Run(chunk);
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
        $"The logits of sentence {sentence} at token {Position + 1} are no finite numbers: the weights are broken, or too large for float32; TensorStatistics.Compute shows which.");
}
