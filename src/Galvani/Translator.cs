using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Galvani.Checkpoints;
using Galvani.Generation;
using Galvani.Kernels;
using Galvani.Models;
using Galvani.Text;

namespace Galvani;

/// <summary>
/// Text in, text out: translates with one model or an ensemble of them, or continues prompts with a language model. Immutable; safe for use by several threads. The models must
/// stay open: once one is disposed, translating ends with an <see cref="ObjectDisposedException"/>, at the latest with the next batch.
/// </summary>
public sealed class Translator
{
    private readonly IReadOnlyList<NmtModel> models;
    private readonly HypothesisReader reader;
    private readonly ConcurrentBag<TranslationSession> sessions = [];

    /// <summary>Translates with one model.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="UnsupportedCheckpointException">The model cannot be run.</exception>
    /// <exception cref="WeightMismatchException">Weights are missing or do not fit.</exception>
    public Translator(NmtModel model, TranslationOptions? options = null)
        : this([model], options)
    {
    }

    /// <summary>Translates with an ensemble: text becomes pieces and pieces text as the first model does it.</summary>
    /// <param name="models">At least one, with the same vocabularies; not owned.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, the vocabularies differ, or only some of the models copy words of the source.</exception>
    /// <exception cref="UnsupportedCheckpointException">A model cannot be run.</exception>
    /// <exception cref="WeightMismatchException">Weights are missing or do not fit.</exception>
    public Translator(IReadOnlyList<NmtModel> models, TranslationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0)
            throw new ArgumentException("There is no model, expected at least one.", nameof(models));
        this.models = [.. models];
        Options = options ?? new TranslationOptions();
        if (Options.BatchSize < 1)
            throw new ArgumentOutOfRangeException(nameof(options), FormattableString.Invariant($"{nameof(TranslationOptions.BatchSize)} is {Options.BatchSize}, expected at least 1."));
        CheckEnsemble();
        CheckVocabularyMap();
        reader = new HypothesisReader(Model, Options);
        sessions.Add(CreateSession()); // an option out of range and a weight that does not fit show here
    }

    /// <summary>The first model.</summary>
    public NmtModel Model => models[0];

    /// <summary>The options.</summary>
    public TranslationOptions Options { get; }

    /// <summary>Whether prompts are continued instead of sentences translated.</summary>
    public bool IsLanguageModel => Model.Config.Task == ModelTask.LanguageModel;

    /// <summary>What a person should know about how the models are used; usually empty.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            var notes = new List<string>();
            if (Options.ReportsAlignment && AlignmentPass.Layer(Model, out var isReplaced) is var layer && isReplaced)
                notes.Add($"the alignment layer that the model names does not exist: layer {layer}, the last, is taken");
            if (IsLanguageModel && Model.TargetVocabulary!.Contains(Vocabulary.Start) is false && Model.Checkpoint.Vocabularies!.StartToken == Vocabulary.Start)
                notes.Add($"the vocabulary has no {Vocabulary.Start}, as in OpenNMT-py 2: prompts begin with {Vocabulary.Unknown}");
            if (Options.VocabularyMap is { UnknownCount: > 0 and var unknown, ListedCount: var listed })
                notes.Add($"{unknown} of {listed} candidates of the vocabulary map are not in the target vocabulary and left out");
            return notes;
        }
    }

    /// <summary>The most pieces a line may have; null where nothing limits them.</summary>
    public int? MaximumLength => IsLanguageModel ? Model.Decoder.PositionCount - 2 : models.Min(model => model.Encoder.MaximumLength); // start token, and one row that is never used

    /// <summary>
    /// The target ids of a prefix that hypotheses begin with, behind the prefix that every line has: the one that the model was opened with (<see cref="NmtModelOptions.TargetPrefix"/>), else the
    /// one that the checkpoint records for the transform <c>prefix</c>.
    /// </summary>
    /// <param name="text">Its text; empty for what every line has.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    /// <exception cref="ArgumentException">The corpora that the checkpoint records have different target prefixes and none was chosen, or no tokenizer can be found.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<int> PrefixIds(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return LookUp(reader.Text.PrefixPieces(text, cancellationToken));
    }

    /// <summary>The target ids of a prefix given as pieces, separated by spaces.</summary>
    /// <param name="pieces">The pieces.</param>
    public IReadOnlyList<int> PrefixIdsOfPieces(string pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        return LookUp(pieces.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Translates a line.</summary>
    /// <param name="text">The line.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <exception cref="ArgumentException">The line is too long, or the model cannot tokenise text.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Translation Translate(string text, CancellationToken cancellationToken = default) => TranslateAll([Request(text, 1)], cancellationToken)[0];

    /// <summary>Translates lines; a line's number is its random stream.</summary>
    /// <param name="texts">The lines.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <returns>One for each line, in order.</returns>
    /// <exception cref="ArgumentException">A line is too long, or the model cannot tokenise text.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<Translation> TranslateAll(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return TranslateAll([.. texts.Select((text, index) => Request(text, index + 1))], cancellationToken);
    }

    /// <summary>Translates lines that are pieces already.</summary>
    /// <param name="requests">The lines.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <returns>One for each line, in order.</returns>
    /// <exception cref="ArgumentException">A line or a prefix is too long, or an id is not in the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<Translation> TranslateAll(IReadOnlyList<TranslationRequest> requests, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var results = new Translation[requests.Count];
        for (var i = 0; i < results.Length; i++)
        {
            if (requests[i].Source.Ids.Count == 0)
                results[i] = new Translation(requests[i].Source, []);
        }

        var plan = BatchPlan.Of(
            [.. requests.Select(request => request.Source.Ids.Count)], Options.BatchSize, Options.Search.BeamWidth, Model.Decoder.VocabularyCount, Model.OpenedWith.ThreadCount, ProductWeight.RowsWorthReading(Model.Decoder.Weights.Generator.Format));
        var work = new PartWork(this, plan, requests, results, cancellationToken);
        if (plan.SideBySide == 1)
            work.RunAll();
        else
        {
            foreach (var model in models)
                model.PackWeights();
            using var workspace = Model.CreateWorkspace(plan.SideBySide);
            workspace.Threads!.Run(work, plan.Parts.Count);
        }

        return results;
    }

    /// <summary>
    /// Translates lines as they come: what is there is translated together, at most <see cref="TranslationOptions.BatchSize"/> lines, so that a line is never held back
    /// for one that has not come. The work is done on the thread pool. Where the caller leaves early, cancels or meets an error, the token that the lines were given is cancelled, and the line
    /// under way is waited for.
    /// </summary>
    /// <param name="texts">The lines.</param>
    /// <param name="cancellationToken">Ends the work between two steps; handed on to the lines.</param>
    /// <returns>One for each line, in order.</returns>
    /// <exception cref="ArgumentException">A line is too long, or the model cannot tokenise text.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IAsyncEnumerable<Translation> TranslateAsync(IAsyncEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return TranslateLinesAsync(texts, cancellationToken);
    }

    private async IAsyncEnumerable<Translation> TranslateLinesAsync(IAsyncEnumerable<string> texts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var number = 0L;
        var batch = new List<TranslationRequest>();
        await using var lines = new LineSource(texts, cancellationToken);
        for (var hasMore = true; hasMore;)
        {
            var isThere = lines.Ask();
            if (batch.Count > 0 && (!isThere || batch.Count == Options.BatchSize))
            {
                foreach (var translation in await TranslateOnPoolAsync(batch, cancellationToken).ConfigureAwait(false))
                    yield return translation;
                batch.Clear();
            }

            hasMore = await lines.ReadAsync().ConfigureAwait(false);
            if (hasMore)
                batch.Add(Request(lines.Current, ++number));
        }

        foreach (var translation in await TranslateOnPoolAsync(batch, cancellationToken).ConfigureAwait(false))
            yield return translation;
    }

    private Task<IReadOnlyList<Translation>> TranslateOnPoolAsync(List<TranslationRequest> batch, CancellationToken cancellationToken) =>
        Task.Run(() => TranslateAll(batch, cancellationToken), cancellationToken);

    private TranslationRequest Request(string text, long number) =>
        new(Model.Tokenize(text), number) { Prefix = PrefixIds("") };

    private int[] LookUp(IReadOnlyList<string> pieces) => Model.TargetTokens(reader.Vocabulary).IdsOf(pieces);

    private TranslationSession CreateSession() => new(models, Options, reader);

    private void CheckVocabularyMap()
    {
        if (Options.VocabularyMap is not { } map)
            return;
        if (IsLanguageModel)
            throw new ArgumentException("A language model has no source for a vocabulary map to look at.", nameof(models));
        if (models.Any(model => model.Config.IsCopyModel))
            throw new ArgumentException("A copy model also produces words of the source, which no vocabulary map has: translate without one.", nameof(models));
        if (Options.Search.Rules.Count > 0)
            throw new ArgumentException("Decoding rules see the whole vocabulary, with a vocabulary map there is only a part: give one of the two.", nameof(models));
        if (Model.TargetVocabulary is { } target && !map.Target.Tokens.SequenceEqual(target.Tokens))
            throw new ArgumentException($"The vocabulary map was opened for another vocabulary than that of {Model.Checkpoint.Checkpoint.FilePath}: open it with the model's target vocabulary.", nameof(models));
    }

    private void CheckEnsemble()
    {
        if (IsLanguageModel && (Options.ReportsAlignment || Options.ReplacesUnknown))
            throw new ArgumentException("A language model has no source: there is nothing to align with, and nothing to replace an unknown token by.", nameof(models));
        foreach (var other in models.Skip(1))
        {
            if (IsLanguageModel || other.Config.Task == ModelTask.LanguageModel)
                throw new ArgumentException("Language models make no ensemble.", nameof(models));
            if (other.Config.IsCopyModel != Model.Config.IsCopyModel)
                throw new ArgumentException($"One of {Model.Checkpoint.Checkpoint.FilePath} and {other.Checkpoint.Checkpoint.FilePath} copies words of the source (copy_attn), the other does not: models of an ensemble produce the same tokens.", nameof(models));
            if (!other.SourceVocabulary.Tokens.SequenceEqual(Model.SourceVocabulary.Tokens) || !(other.TargetVocabulary?.Tokens ?? []).SequenceEqual(Model.TargetVocabulary?.Tokens ?? []))
                throw new ArgumentException($"{other.Checkpoint.Checkpoint.FilePath} has another vocabulary than {Model.Checkpoint.Checkpoint.FilePath}: models of an ensemble have the same.", nameof(models));
        }
    }

    /// <summary>The parts of a plan, each translated by itself.</summary>
    private sealed class PartWork(Translator translator, BatchPlan plan, IReadOnlyList<TranslationRequest> requests, Translation[] results, CancellationToken cancellationToken) : IParallelWork
    {
        public void RunAll()
        {
            for (var part = 0; part < plan.Parts.Count; part++)
                Run(part);
        }

        /// <inheritdoc/>
        public void Run(int chunk)
        {
            var lines = plan.Parts[chunk];
            var session = translator.sessions.TryTake(out var pooled) ? pooled : translator.CreateSession();
            var translated = session.Run([.. lines.Select(line => requests[line])], plan.ThreadsEach, cancellationToken);
            for (var i = 0; i < lines.Length; i++)
                results[lines[i]] = translated[i];
            translator.sessions.Add(session); // not after an exception: a session that broke off is left to the collector
        }
    }
}
