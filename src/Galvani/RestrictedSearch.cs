using Galvani.Generation;
using Galvani.Kernels;
using Galvani.Models;
using Galvani.Models.Weights;
using Galvani.VocabularyMaps;

namespace Galvani;

/// <summary>
/// A search in which each sentence chooses among its own candidates: the output projection computes the candidates of the whole batch, and what a sentence does not have it does not see, so its
/// result is the same in any batch. Owns working memory that is kept between batches; one thread.
/// </summary>
internal sealed class RestrictedSearch
{
    private readonly VocabularyMap map;
    private readonly Shortlist shortlist;
    private readonly ShortlistDecoder decoder;
    private readonly TokenSearch search;
    private readonly SelectedOutputs[] outputs;

    /// <param name="models">The models; not owned.</param>
    /// <param name="map">What sentences may consist of.</param>
    /// <param name="options">The search, in ids of the model.</param>
    /// <param name="special">Ids of the model.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RestrictedSearch(IReadOnlyList<NmtModel> models, VocabularyMap map, SearchOptions options, SpecialTokens special)
    {
        this.map = map;
        var specials = new int?[] { special.Start, special.End, special.Unknown, special.Padding }.OfType<int>();
        shortlist = new Shortlist([.. specials, .. options.RepeatableTokens, .. map.CommonCandidates], models[0].Decoder.VocabularyCount);
        decoder = new ShortlistDecoder(shortlist);
        outputs = [.. models.Select(_ => new SelectedOutputs())];
        search = new TokenSearch(options with { RepeatableTokens = options.RepeatableTokens.Select(shortlist.CommonSlot).ToHashSet() }, new SpecialTokens(
            shortlist.CommonSlot(special.Start), shortlist.CommonSlot(special.End), Slot(special.Unknown), Slot(special.Padding)));
    }

    /// <summary>Chooses what each sentence of the next batch may consist of.</summary>
    /// <param name="requests">The sentences.</param>
    /// <exception cref="ArgumentException">A prefix has an id that is outside the vocabulary.</exception>
    public void Prepare(IReadOnlyList<TranslationRequest> requests) => shortlist.Fill([.. requests.Select(CandidatesOf)]);

    /// <summary>The outputs that a model computes for the batch.</summary>
    /// <param name="number">The model's number.</param>
    /// <param name="model">The model.</param>
    /// <param name="workspace">Scratch.</param>
    public SelectedOutputs OutputsOf(int number, NmtModel model, Workspace workspace)
    {
        outputs[number].Choose(model.Decoder.Weights.Generator, shortlist.BatchTokens, workspace);
        return outputs[number];
    }

    /// <summary>Searches.</summary>
    /// <param name="inner">Gives the logits of <see cref="OutputsOf"/>.</param>
    /// <param name="requests">Those of <see cref="Prepare"/>, in ids of the model.</param>
    /// <param name="threads">Share the work; null for the calling thread alone.</param>
    /// <param name="cancellationToken">Ends the search between two steps.</param>
    /// <returns>For each sentence its hypotheses, best first, in ids of the model.</returns>
    public IReadOnlyList<IReadOnlyList<Hypothesis>> Run(IDecoder inner, IReadOnlyList<TranslationRequest> requests, WorkerPool? threads, CancellationToken cancellationToken)
    {
        decoder.Attach(inner);
        var found = search.Run(decoder, [.. requests.Select((request, sentence) => new GenerationRequest(request.StreamNumber, [.. request.Prefix.Select(token => shortlist.SlotOf(sentence, token))]))], threads, cancellationToken);
        return [.. found.Select((hypotheses, sentence) => (IReadOnlyList<Hypothesis>)[.. hypotheses.Select(hypothesis => hypothesis with { Ids = IdsOf(sentence, hypothesis.Ids) })])];
    }

    private IReadOnlyList<int> CandidatesOf(TranslationRequest request)
    {
        var candidates = map.CandidatesOf(request.Source.Pieces);
        return request.Prefix.Count == 0 ? candidates : [.. candidates.Concat(request.Prefix).Distinct().Order()];
    }

    private int[] IdsOf(int sentence, IReadOnlyList<int> slots)
    {
        var tokens = shortlist.TokensOf(sentence);
        var ids = new int[slots.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = tokens[slots[i]];
        return ids;
    }

    private int? Slot(int? token) => token is { } id ? shortlist.CommonSlot(id) : null;
}
