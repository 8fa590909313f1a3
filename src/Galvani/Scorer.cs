using Galvani.Models;
using Galvani.Text;

namespace Galvani;

/// <summary>
/// Scores given translations, and texts by a language model: one pass over the whole sequence, as in training. Immutable; safe for use by several threads. The model must stay open.
/// </summary>
public sealed class Scorer
{
    private readonly Lazy<TargetText> targetText;
    private readonly Vocabulary vocabulary;

    /// <param name="model">The model; not owned.</param>
    /// <exception cref="ArgumentException">The model has no target vocabulary.</exception>
    public Scorer(NmtModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        vocabulary = model.TargetVocabulary ?? throw new ArgumentException($"The model has no target vocabulary that is read ({model.Checkpoint.Checkpoint.FilePath}).", nameof(model));
        targetText = new Lazy<TargetText>(() => TargetText.Create(model));
    }

    /// <summary>The model.</summary>
    public NmtModel Model { get; }

    /// <summary>Whether lines have no source: the model is a language model.</summary>
    public bool IsLanguageModel => Model.Config.Task == ModelTask.LanguageModel;

    /// <summary>What a person should know about scores of this model; usually empty.</summary>
    public IReadOnlyList<string> Notes => IsLanguageModel && Model.Checkpoint.Vocabularies!.StartToken == Vocabulary.Start && !vocabulary.Contains(Vocabulary.Start)
        ? [$"the vocabulary has no {Vocabulary.Start}, as in OpenNMT-py 2: texts begin with {Vocabulary.Unknown}"]
        : [];

    /// <summary>The most tokens that a source (in a language model a text) may have; null where nothing limits them.</summary>
    public int? MaximumLength => IsLanguageModel ? Model.Decoder.PositionCount - 1 : Model.Encoder.MaximumLength;

    /// <summary>The most tokens that a translation may have: the rows of the decoder's positional table less that of the start token; null where nothing limits them.</summary>
    public int? MaximumTargetLength => Model.Decoder.PositionCount - 1;

    /// <summary>Cuts a translation into the model's target pieces; a prefix or suffix that its checkpoint records for every target line stands around it.</summary>
    /// <param name="text">The translation.</param>
    /// <exception cref="ArgumentException">No tokenizer can be found; the message names what was tried.</exception>
    public TokenizedLine TokenizeTarget(string text) => TokenizeTarget(text, int.MaxValue, out _);

    /// <summary>The first target pieces of a translation, as <see cref="TokenizeTarget(string)"/> cuts it: for translations that may be too long, of which no more is made than can be used.</summary>
    /// <param name="text">The translation.</param>
    /// <param name="mostPieces">How many pieces are kept, at most.</param>
    /// <param name="pieceCount">Gets the number of all its pieces.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a long word.</param>
    /// <exception cref="ArgumentException">No tokenizer can be found; the message names what was tried.</exception>
    public TokenizedLine TokenizeTarget(string text, int mostPieces, out int pieceCount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Target(targetText.Value.Pieces(text.Trim(), mostPieces, cancellationToken), out pieceCount);
    }

    /// <summary>Takes a translation as ready-made pieces, split at spaces.</summary>
    /// <param name="line">The pieces.</param>
    public TokenizedLine TakeTargetPieces(string line) => TakeTargetPieces(line, int.MaxValue, out _);

    /// <summary>The first of a translation's ready-made pieces, as <see cref="TakeTargetPieces(string)"/> takes them.</summary>
    /// <param name="line">The pieces.</param>
    /// <param name="mostPieces">How many pieces are kept, at most.</param>
    /// <param name="pieceCount">Gets the number of all its pieces.</param>
    public TokenizedLine TakeTargetPieces(string line, int mostPieces, out int pieceCount)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Target(TargetText.OfPieces.Pieces(line, mostPieces), out pieceCount);
    }

    /// <summary>Checks that a translation is not too long.</summary>
    /// <param name="pieceCount">The number of its pieces.</param>
    /// <exception cref="ArgumentException">There are more than <see cref="MaximumTargetLength"/>.</exception>
    public void RequireTargetFits(int pieceCount)
    {
        if (pieceCount > MaximumTargetLength)
            throw new ArgumentException($"The translation has {pieceCount} pieces, the limit is {MaximumTargetLength}.", nameof(pieceCount));
    }

    /// <summary>Scores a translation.</summary>
    /// <param name="source">The sentence.</param>
    /// <param name="target">Its translation.</param>
    /// <exception cref="ArgumentException">The source has no tokens, a line is too long, or the model is a language model.</exception>
    public SentenceScore Score(string source, string target) => Score(Model.Tokenize(source), TokenizeTarget(target));

    /// <summary>Scores a translation; the end token counts.</summary>
    /// <param name="source">The sentence, not empty.</param>
    /// <param name="target">Its translation; may be empty.</param>
    /// <exception cref="ArgumentException">The source has no tokens, a line is too long, or the model is a language model.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public SentenceScore Score(TokenizedLine source, TokenizedLine target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var next = Next(target);
        return Summarize(Read(source, target, pass => pass.LogProbabilitiesOf(0, next)), next);
    }

    /// <summary>Scores a text by a language model; the end token counts.</summary>
    /// <param name="text">The text, not empty.</param>
    /// <exception cref="ArgumentException">The text has no tokens or is too long, or the model is no language model.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public SentenceScore Score(TokenizedLine text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ScoreParts([text]);
    }

    /// <summary>Scores a text by a language model in parts, each by itself; the end token counts once, behind the last.</summary>
    /// <param name="parts">The parts, in order, none of them empty.</param>
    /// <returns>The score of the whole text; its perplexity leaves the first token of each part out, which has nothing before it.</returns>
    /// <exception cref="ArgumentException">There are no parts, one has no tokens or is too long, or the model is no language model.</exception>
    /// <exception cref="WeightMismatchException">The model's tensors do not fit; all that do not are named.</exception>
    public SentenceScore ScoreParts(IReadOnlyList<TokenizedLine> parts)
    {
        RequireParts(parts);
        var (ids, logProbabilities) = (new List<int>(), new List<float>());
        var running = new RunningScore(this);
        for (var part = 0; part < parts.Count; part++)
        {
            var scored = part == parts.Count - 1 ? running.AddLast(parts[part]) : running.Add(parts[part]);
            ids.AddRange(scored.Ids);
            logProbabilities.AddRange(scored.LogProbabilities);
        }

        return new SentenceScore { Ids = ids, TokenLogProbabilities = logProbabilities, LogProbability = running.LogProbability, Perplexity = running.Perplexity };
    }

    /// <summary>The log-probabilities of every token of the vocabulary at every place of a translation.</summary>
    /// <param name="source">The sentence, not empty.</param>
    /// <param name="target">Its translation.</param>
    /// <returns>[T, V], T with the end token's place; row t is what follows t tokens.</returns>
    /// <exception cref="ArgumentException">The source has no tokens, a line is too long, or the model is a language model.</exception>
    public float[] LogProbabilities(TokenizedLine source, TokenizedLine target) => Read(source, target, pass => pass.LogProbabilities(0));

    /// <summary>The log-probabilities of every token of the vocabulary after the start token and after every token of a text.</summary>
    /// <param name="text">The text, not empty.</param>
    /// <returns>[S, V], S with the start token.</returns>
    /// <exception cref="ArgumentException">The text has no tokens or is too long, or the model is no language model.</exception>
    public float[] LogProbabilities(TokenizedLine text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return LogProbabilitiesOfParts([text]);
    }

    /// <summary>The log-probabilities of every token of the vocabulary where <see cref="ScoreParts"/> scores one.</summary>
    /// <param name="parts">The parts of a text, in order, none of them empty.</param>
    /// <returns>[T, V], a row for each token that is scored.</returns>
    /// <exception cref="ArgumentException">There are no parts, one has no tokens or is too long, or the model is no language model.</exception>
    public float[] LogProbabilitiesOfParts(IReadOnlyList<TokenizedLine> parts)
    {
        RequireParts(parts);
        var rows = parts.Select(part => Read(part, pass => pass.LogProbabilities(0))).ToList();
        return rows.Count == 1 ? rows[0] : [.. rows.SelectMany((values, part) => part < rows.Count - 1 ? values[..^vocabulary.Count] : values)];
    }

    /// <summary>Whether texts begin with a start token.</summary>
    internal bool HasStartToken => Model.Checkpoint.Vocabularies!.StartToken.Length > 0;

    /// <summary>Scores a text with its end token.</summary>
    internal ScoredTokens ScoreTokens(TokenizedLine text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // What is scored follows the first token that is read: the start token, or the text's own first where the model has none.
        var next = HasStartToken ? Next(text) : Next(text)[1..];
        return new ScoredTokens(next, WithoutPadding(Read(text, pass => pass.LogProbabilitiesOf(0, next)), next));
    }

    private float[] Read(TokenizedLine source, TokenizedLine target, Func<SequencePass, float[]> read)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        if (source.Ids.Count == 0)
            throw new ArgumentException("The source has no tokens, nothing can be translated.", nameof(source));
        RequireTargetFits(target.Ids.Count);
        using var workspace = Model.CreateWorkspace();
        var encoded = Model.Encoder.Encode([Model.ToSentence(source)], workspace, observer: null);
        using var pass = new SequencePass(Model.Decoder, encoded, [[Model.Decoder.Tokens.Start, .. target.Ids]], SequenceContext.Causal, workspace, observer: null);
        return read(pass);
    }

    private static void RequireParts(IReadOnlyList<TokenizedLine> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
            throw new ArgumentException("There are no parts, expected at least one.", nameof(parts));
    }

    private float[] Read(TokenizedLine text, Func<SequencePass, float[]> read)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsLanguageModel)
            throw new ArgumentException("This model translates: a score needs a source and a target.", nameof(text));
        if (text.Ids.Count == 0)
            throw new ArgumentException("The text has no tokens, there is nothing to score.", nameof(text));
        using var workspace = Model.CreateWorkspace();
        using var pass = new SequencePass(Model.Decoder, encoded: null, [Model.ToText(text)], SequenceContext.Causal, workspace, observer: null);
        return read(pass);
    }

    private TokenizedLine Target(PieceCollector collected, out int pieceCount)
    {
        pieceCount = collected.Count;
        return new TokenizedLine(collected.Pieces, Model.TargetTokens(vocabulary).IdsOf(collected.Pieces), [], vocabulary.UnknownId);
    }

    private int[] Next(TokenizedLine target) => [.. target.Ids, Model.TargetTokens(vocabulary).IdOf(Vocabulary.End)];

    private SentenceScore Summarize(float[] logProbabilities, int[] ids)
    {
        WithoutPadding(logProbabilities, ids);
        return new SentenceScore
        {
            Ids = ids,
            TokenLogProbabilities = logProbabilities,
            LogProbability = logProbabilities.Sum(value => (double)value),
            Perplexity = Math.Exp(-logProbabilities.Average(value => (double)value)),
        };
    }

    /// <summary>Padding counts nothing.</summary>
    private float[] WithoutPadding(float[] logProbabilities, int[] ids)
    {
        for (var t = 0; t < ids.Length; t++)
        {
            if (ids[t] == Model.Decoder.Tokens.Padding)
                logProbabilities[t] = 0;
        }

        return logProbabilities;
    }
}
