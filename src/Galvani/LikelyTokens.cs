using Galvani.Generation;
using Galvani.Models;

namespace Galvani;

/// <summary>A target token that a model finds likely somewhere in a translation.</summary>
/// <param name="Id">The token.</param>
/// <param name="Probability">The largest probability that it has after any hypothesis that the search follows.</param>
public readonly record struct LikelyToken(int Id, float Probability);

/// <summary>
/// What a model finds likely while it translates: not only the tokens of the translation, but every token that was near. What vocabulary maps are built from where there is no text but the source's. Owns working memory; one thread.
/// </summary>
public sealed class LikelyTokens : IDisposable
{
    private const int BatchSize = 32;
    private readonly NmtModel model;
    private Workspace? workspace; // null once it was given back
    private readonly TokenSearch search;
    private readonly RecordingDecoder recorder;

    /// <param name="model">Translates; not owned.</param>
    /// <param name="search">The search whose hypotheses are followed; null for the defaults.</param>
    /// <param name="smallestProbability">Tokens that are less likely than this after every hypothesis are left out. Default 0.003.</param>
    /// <exception cref="ArgumentException">The model is a language model or a copy model, or an option is out of its range.</exception>
    public LikelyTokens(NmtModel model, SearchOptions? search = null, float smallestProbability = 0.003f)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Config.Task == ModelTask.LanguageModel || model.Config.IsCopyModel)
            throw new ArgumentException($"{model.Checkpoint.Checkpoint.FilePath} is a {(model.Config.IsCopyModel ? "copy" : "language")} model, expected one that translates into its vocabulary alone.", nameof(model));
        if (!(smallestProbability > 0 && smallestProbability <= 1))
            throw new ArgumentOutOfRangeException(nameof(smallestProbability), smallestProbability, "A probability is above 0 and at most 1.");
        this.model = model;
        this.search = new TokenSearch(search ?? new SearchOptions(), new HypothesisReader(model, new TranslationOptions()).SpecialTokens);
        workspace = model.CreateWorkspace();
        recorder = new RecordingDecoder(smallestProbability);
    }

    /// <summary>The most pieces a line may have; null where nothing limits them.</summary>
    public int? MaximumLength => model.Encoder.MaximumLength;

    /// <summary>Translates lines, some at a time.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <returns>For each line its likely tokens, each once; none for a line without pieces.</returns>
    /// <exception cref="ArgumentException">A line is too long.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public IReadOnlyList<IReadOnlyList<LikelyToken>> Find(IReadOnlyList<TokenizedLine> lines, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ObjectDisposedException.ThrowIf(workspace is null, this);
        var results = new IReadOnlyList<LikelyToken>[lines.Count];
        Array.Fill(results, []);
        // Sentences of like length together; nothing depends on the batch.
        foreach (var batch in Enumerable.Range(0, lines.Count).Where(index => lines[index].Ids.Count > 0).OrderBy(index => lines[index].Ids.Count).Chunk(BatchSize))
        {
            var encoded = model.Encoder.Encode([.. batch.Select(index => model.ToSentence(lines[index]))], workspace, observer: null);
            recorder.Attach(NmtDecoder.ForTranslation(model.Decoder, encoded, workspace));
            search.Run(recorder, [.. batch.Select(index => new GenerationRequest(index))], cancellationToken);
            for (var i = 0; i < batch.Length; i++)
                results[batch[i]] = [.. recorder.NotedOf(i).Select(noted => new LikelyToken(noted.Token, noted.Probability))];
        }

        return results;
    }

    /// <summary>Gives the working memory back; until then, the model stays open.</summary>
    public void Dispose()
    {
        workspace?.Dispose();
        workspace = null;
    }
}
