using Galvani.Checkpoints;
using Galvani.Generation;
using Galvani.Text;

namespace Galvani;

/// <summary>From a hypothesis's ids to pieces and text: end token off, unknown tokens replaced, transforms reversed. Immutable; safe for use by several threads.</summary>
internal sealed class HypothesisReader
{
    private readonly TranslationOptions options;
    private readonly Lazy<TargetText> text;

    /// <exception cref="UnsupportedCheckpointException">The file has no target vocabulary.</exception>
    public HypothesisReader(NmtModel model, TranslationOptions options)
    {
        this.options = options;
        Vocabulary = model.TargetVocabulary
            ?? throw new UnsupportedCheckpointException($"The checkpoint has no target vocabulary that is read, tokens cannot become text ({model.Checkpoint.Checkpoint.FilePath}).");
        if (!Vocabulary.Contains(Vocabulary.End) && Vocabulary.UnknownId < 0)
            throw new UnsupportedCheckpointException($"The target vocabulary has neither {Vocabulary.End} nor {Vocabulary.Unknown}: no translation would end ({model.Checkpoint.Checkpoint.FilePath}).");
        SpecialTokens = new SpecialTokens(model.Decoder.Tokens.Start, Vocabulary.IdOf(Vocabulary.End), Known(Vocabulary.Unknown), Known(Vocabulary.Padding));
        text = new Lazy<TargetText>(() => TargetText.Create(model));
    }

    /// <summary>The target vocabulary.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The ids that mean something to the search.</summary>
    public SpecialTokens SpecialTokens { get; }

    /// <summary>The target side's transforms.</summary>
    public TargetText Text => text.Value;

    /// <summary>Reads a hypothesis.</summary>
    /// <param name="hypothesis">What the search found.</param>
    /// <param name="source">The line it translates.</param>
    /// <param name="links">For each piece its weights over the source; null where no alignment was asked for.</param>
    public TranslationHypothesis Read(Hypothesis hypothesis, TokenizedLine source, IReadOnlyList<float[]>? links)
    {
        var count = hypothesis.Ids.Count > 0 && hypothesis.Ids[^1] == SpecialTokens.End ? hypothesis.Ids.Count - 1 : hypothesis.Ids.Count;
        var pieces = new string[count];
        for (var i = 0; i < count; i++)
            pieces[i] = Piece(hypothesis, i, source, links);
        var isGivenAsPieces = source.Offsets.Count == 0; // then the translation is given as pieces, too
        return new TranslationHypothesis
        {
            Text = isGivenAsPieces ? TargetText.OfPieces.Decode(pieces) : Text.Decode(pieces),
            Pieces = pieces,
            Ids = hypothesis.Ids,
            Score = hypothesis.Score,
            TokenScores = hypothesis.TokenScores,
            Attention = options.ReportsAttention ? hypothesis.Attention : null,
            Alignment = links is null ? null : [.. links.Select((weights, target) => new AlignedPair(Largest(weights), target)).OrderBy(pair => pair.Source).ThenBy(pair => pair.Target)],
        };
    }

    private string Piece(Hypothesis hypothesis, int index, TokenizedLine source, IReadOnlyList<float[]>? links)
    {
        var id = hypothesis.Ids[index];
        if (!options.ReplacesUnknown || id != SpecialTokens.Unknown || hypothesis.Attention.Count == 0)
            return CopiedWords.PieceOf(id, source.Pieces, Vocabulary);
        var weights = links is null ? hypothesis.Attention[index] : links[index];
        return options.PhraseTable.Find(source.Pieces[Largest(weights)]);
    }

    /// <summary>The index of the largest weight; the first of equal ones.</summary>
    private static int Largest(float[] weights)
    {
        var largest = 0;
        for (var i = 1; i < weights.Length; i++)
            largest = weights[i] > weights[largest] ? i : largest;
        return largest;
    }

    private int? Known(string token) => Vocabulary.TryGetId(token, out var id) ? id : null;
}
