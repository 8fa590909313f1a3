using Galvani.Kernels;

namespace Galvani.Generation;

/// <summary>
/// Searches for the tokens that a decoder makes of its sentences: beam search, greedy search (a beam of width 1), or sampling. What a sentence gets depends
/// on it and its request alone, not on the batch. Owns working memory that is kept between batches: one for each thread.
/// </summary>
public sealed class TokenSearch
{
    private readonly SearchStrategy strategy;

    /// <param name="options">How to search; validated here.</param>
    /// <param name="special">The ids that mean something.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public TokenSearch(SearchOptions options, SpecialTokens special)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        strategy = options.Sampling is null ? new BeamSearch(options, special) : new SampleSearch(options, special);
    }

    /// <summary>The options.</summary>
    public SearchOptions Options { get; }

    /// <summary>Searches for one batch.</summary>
    /// <param name="decoder">At the beginning of its batch; used up afterwards.</param>
    /// <param name="requests">One for each sentence of the decoder.</param>
    /// <param name="cancellationToken">Ends the search between two steps.</param>
    /// <returns>For each sentence its hypotheses, best first: as many as asked for, fewer only where the vocabulary gives no more.</returns>
    /// <exception cref="ArgumentException">The requests do not fit the decoder: their number, an id, or a prefix too long.</exception>
    /// <exception cref="ArithmeticException">The decoder gives no finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<IReadOnlyList<Hypothesis>> Run(IDecoder decoder, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken = default) =>
        Run(decoder, requests, threads: null, cancellationToken);

    /// <summary>Searches for one batch, with threads that share the work on a step's rows.</summary>
    /// <param name="decoder">At the beginning of its batch; used up afterwards.</param>
    /// <param name="requests">One for each sentence of the decoder.</param>
    /// <param name="threads">Null for the calling thread alone. They change nothing but the time.</param>
    /// <param name="cancellationToken">Ends the search between two steps.</param>
    /// <returns>For each sentence its hypotheses, best first: as many as asked for, fewer only where the vocabulary gives no more.</returns>
    /// <exception cref="ArgumentException">The requests do not fit the decoder: their number, an id, or a prefix too long.</exception>
    /// <exception cref="ArithmeticException">The decoder gives no finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<IReadOnlyList<Hypothesis>> Run(IDecoder decoder, IReadOnlyList<GenerationRequest> requests, WorkerPool? threads, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(requests);
        return strategy.Run(decoder, requests, threads, cancellationToken);
    }
}
