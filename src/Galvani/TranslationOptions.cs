using Galvani.Generation;
using Galvani.VocabularyMaps;

namespace Galvani;

/// <summary>How text is translated, or continued by a language model. The defaults are those of OpenNMT-py 3.5's <c>translate</c>.</summary>
public sealed record TranslationOptions
{
    /// <summary>How tokens are searched for.</summary>
    public SearchOptions Search { get; init; } = new();

    /// <summary>How the models of an ensemble are put together. Default <see cref="EnsembleMean.Logits"/>.</summary>
    public EnsembleMean EnsembleMean { get; init; } = EnsembleMean.Logits;

    /// <summary>Whether an unknown token is replaced by the source piece that it attends to most: the piece itself, also one outside the vocabulary. Default false.</summary>
    public bool ReplacesUnknown { get; init; }

    /// <summary>What stands for source pieces that replace an unknown token. Default empty.</summary>
    public PhraseTable PhraseTable { get; init; } = PhraseTable.Empty;

    /// <summary>Whether hypotheses carry their attention. Default false.</summary>
    public bool ReportsAttention { get; init; }

    /// <summary>Whether hypotheses carry an alignment of source and target pieces. Default false.</summary>
    public bool ReportsAlignment { get; init; }

    /// <summary>
    /// What translations may consist of, by the pieces of each sentence; null (the default) for the whole vocabulary. Makes translation faster. Scores are then of the sentence's own candidates,
    /// whose probabilities sum to one. The candidates are those of the map, the special tokens, those of the sentence's prefix and <see cref="SearchOptions.RepeatableTokens"/>.
    /// Not for language models, copy models, and together with <see cref="SearchOptions.Rules"/>.
    /// </summary>
    public VocabularyMap? VocabularyMap { get; init; }

    /// <summary>The most sentences of a batch, which are worked on together; of three and more threads those that a batch does not keep busy work on the next batches at the same time. Changes speed and memory, never a result. Default 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The search with what these options need from it.</summary>
    internal SearchOptions EffectiveSearch => Search with { KeepsAttention = Search.KeepsAttention || ReportsAttention || ReplacesUnknown };
}
