using Galvani.Generation;
using Galvani.Models;
using Galvani.Text;

namespace Galvani;

/// <summary>What one thread needs to translate batches: the search with its memory, kept from batch to batch.</summary>
internal sealed class TranslationSession
{
    private readonly IReadOnlyList<NmtModel> models;
    private readonly TranslationOptions options;
    private readonly HypothesisReader reader;
    private readonly TokenSearch search;
    private readonly RestrictedSearch? restricted;

    public TranslationSession(IReadOnlyList<NmtModel> models, TranslationOptions options, HypothesisReader reader)
    {
        (this.models, this.options, this.reader) = (models, options, reader);
        search = new TokenSearch(options.EffectiveSearch, reader.SpecialTokens);
        restricted = options.VocabularyMap is { } map ? new RestrictedSearch(models, map, options.EffectiveSearch, reader.SpecialTokens) : null;
    }

    private NmtModel Model => models[0];

    private bool IsLanguageModel => Model.Config.Task == ModelTask.LanguageModel;

    /// <summary>Translates one batch of lines, none of them empty.</summary>
    /// <param name="requests">The lines.</param>
    /// <param name="threadCount">The threads that work on them, the caller's included.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    public IReadOnlyList<Translation> Run(IReadOnlyList<TranslationRequest> requests, int threadCount, CancellationToken cancellationToken)
    {
        var sentences = requests.Select(request => Model.ToSentence(request.Source)).ToList();
        restricted?.Prepare(requests);
        using var workspace = Model.CreateWorkspace(threadCount); // keeps the first model open
        var keptOpen = 1;
        var decoders = new List<NmtDecoder>();
        try
        {
            for (; keptOpen < models.Count; keptOpen++)
                models[keptOpen].BeginUse();
            decoders = CreateDecoders(sentences, workspace);
            return Run(requests, sentences, decoders.Count == 1 ? decoders[0] : new EnsembleDecoder(decoders, options.EnsembleMean), workspace, cancellationToken);
        }
        finally
        {
            decoders.ForEach(decoder => decoder.Dispose());
            while (keptOpen > 1)
                models[--keptOpen].EndUse();
        }
    }

    private Translation[] Run(IReadOnlyList<TranslationRequest> requests, List<Sentence> sentences, IDecoder decoder, Workspace workspace, CancellationToken cancellationToken)
    {
        if (requests.Count > 1 && IsLanguageModel && decoder.MaximumLength < search.Options.MaximumLength + requests.Max(request => request.Prefix.Count))
            return [.. requests.SelectMany(request => Run([request], workspace.Threads?.ThreadCount ?? 1, cancellationToken))]; // what the table leaves depends on the longest prompt of a batch
        var found = restricted is not null
            ? restricted.Run(decoder, requests, workspace.Threads, cancellationToken)
            : search.Run(decoder, [.. requests.Select(request => new GenerationRequest(request.StreamNumber, request.Prefix))], workspace.Threads, cancellationToken);
        var links = options.ReportsAlignment ? AlignmentPass.Run(Model, sentences, found, workspace) : null;
        var results = new Translation[requests.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var source = requests[i].Source;
            results[i] = new Translation(source, [.. found[i].Select((hypothesis, rank) => reader.Read(hypothesis, source, links?[i][rank]))]);
        }

        return results;
    }

    private List<NmtDecoder> CreateDecoders(List<Sentence> sentences, Workspace workspace) => IsLanguageModel
        ? [NmtDecoder.ForPrompts(Model.Decoder, [.. sentences.Select(sentence => Prompt(sentence.Ids))], workspace)]
        : [.. models.Select((model, number) => DecoderOf(model, number, sentences, workspace))];

    private NmtDecoder DecoderOf(NmtModel model, int number, List<Sentence> sentences, Workspace workspace) =>
        NmtDecoder.ForTranslation(model.Decoder, model.Encoder.Encode(sentences, workspace, observer: null), workspace, restricted?.OutputsOf(number, model, workspace));

    private int[] Prompt(int[] ids) => Model.Checkpoint.Vocabularies!.StartToken.Length == 0 ? ids : [reader.SpecialTokens.Start, .. ids];
}
