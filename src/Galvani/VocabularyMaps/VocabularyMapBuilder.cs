using System.Text;
using Galvani.Checkpoints.Writing;
using Galvani.Text;

namespace Galvani.VocabularyMaps;

/// <summary>What a built map holds.</summary>
/// <param name="KeyCount">Source n-grams.</param>
/// <param name="CandidateCount">Target pieces listed for them.</param>
/// <param name="CommonCount">Target pieces that every sentence may use.</param>
public sealed record VocabularyMapSummary(long KeyCount, long CandidateCount, int CommonCount);

/// <summary>
/// Builds a vocabulary map. What a source piece brings is learnt from sentences and what a model finds likely in their translations, or from given translations (a variant of IBM Model 1, Brown et al. 1993);
/// or it is counted where translations come with alignments. Memory is about 40 bytes a piece of the text, and at most 16 KB for each different source piece. One thread.
/// </summary>
public sealed class VocabularyMapBuilder
{
    private const long LargestTokenCount = 1L << 28;

    private readonly PairCorpus corpus = new();
    private readonly Vocabulary target;
    private readonly VocabularyMapOptions options;
    private readonly GivenLinks given;
    private PairKind kind;

    /// <param name="target">The target vocabulary of the model that the map is for: no other pieces are listed.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public VocabularyMapBuilder(Vocabulary target, VocabularyMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        (this.target, this.options) = (target, options ?? new VocabularyMapOptions());
        this.options.Validate();
        given = new GivenLinks(corpus);
    }

    /// <summary>The pairs taken in.</summary>
    public int PairCount => corpus.Count;

    /// <summary>The pairs left out since a side has no pieces, or more than <see cref="VocabularyMapOptions.LongestLine"/>.</summary>
    public long LeftOutCount { get; private set; }

    /// <summary>Adds a sentence and its translation.</summary>
    /// <param name="sourcePieces">The sentence.</param>
    /// <param name="targetPieces">Its translation.</param>
    /// <param name="alignment">Which piece stands for which; null where that is to be learnt.</param>
    /// <exception cref="ArgumentException">A link is outside its pair, or the pairs before this one are of another kind.</exception>
    /// <exception cref="InvalidOperationException">There are 2^28 pieces already: build from less text.</exception>
    public void Add(IReadOnlyList<string> sourcePieces, IReadOnlyList<string> targetPieces, IReadOnlyList<AlignedPair>? alignment = null)
    {
        ArgumentNullException.ThrowIfNull(sourcePieces);
        ArgumentNullException.ThrowIfNull(targetPieces);
        foreach (var link in alignment ?? [])
        {
            if ((uint)link.Source >= (uint)sourcePieces.Count || (uint)link.Target >= (uint)targetPieces.Count)
                throw new ArgumentException($"Pair {PairCount + LeftOutCount + 1} has the link {link}, but {sourcePieces.Count} source and {targetPieces.Count} target pieces.", nameof(alignment));
        }

        if (!Accepts(alignment is null ? PairKind.Translated : PairKind.Aligned, nameof(alignment), sourcePieces.Count, targetPieces.Count))
            return;
        corpus.Add(sourcePieces, targetPieces, targetPieces.Select(_ => 1f));
        if (alignment is not null)
            given.Add(alignment);
    }

    /// <summary>Adds a sentence and what a model finds likely while it translates it.</summary>
    /// <param name="sourcePieces">The sentence.</param>
    /// <param name="tokens">Tokens of the vocabulary; an end token and what has no piece are passed over.</param>
    /// <exception cref="ArgumentException">Sentences were added with translations.</exception>
    /// <exception cref="InvalidOperationException">There are 2^28 pieces already: build from less text.</exception>
    public void Add(IReadOnlyList<string> sourcePieces, IReadOnlyList<LikelyToken> tokens)
    {
        ArgumentNullException.ThrowIfNull(sourcePieces);
        ArgumentNullException.ThrowIfNull(tokens);
        List<LikelyToken> known = [.. tokens.Where(token => token.Id >= 0 && token.Id < target.Count && target.Tokens[token.Id] != Vocabulary.End)];
        if (Accepts(PairKind.Likely, nameof(tokens), sourcePieces.Count, Math.Min(known.Count, 1)))
            corpus.Add(sourcePieces, known.Select(token => target.Tokens[token.Id]), known.Select(token => token.Probability));
    }

    /// <summary>Builds the map and writes it, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InvalidOperationException">No pair was taken in.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public VocabularyMapSummary Write(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (PairCount == 0)
            throw new InvalidOperationException($"There are no pairs to build a vocabulary map from; {LeftOutCount} had an empty side, or one of more than {options.LongestLine} pieces.");
        IPieceLinks links = kind == PairKind.Aligned ? given : PieceRates.Learn(corpus, cancellationToken);
        VocabularyMapSummary? summary = null;
        AtomicFile.Write(path, stream => summary = Write(stream, links, cancellationToken));
        return summary!;
    }

    private VocabularyMapSummary Write(Stream stream, IPieceLinks links, CancellationToken cancellationToken)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: -1, leaveOpen: true) { NewLine = "\n" };
        var ranking = new CandidateRanking(corpus, links, target, options);
        writer.WriteLine("\t" + Text(ranking.Common));
        var (keyCount, candidateCount) = (0L, 0L);
        for (var level = KeyLevel.OfPieces(corpus); ; level = level.Longer(corpus, options.SmallestKeyCount))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var candidates = ranking.Rank(level);
            for (var key = 0; key < level.Count; key++)
            {
                if (candidates[key].Length == 0 || Name(level, key) is not { } name)
                    continue;
                writer.WriteLine($"{name}\t{Text(candidates[key])}");
                keyCount++;
                candidateCount += candidates[key].Length;
            }

            if (level.Length == options.LongestKey || level.Count == 0)
                return new VocabularyMapSummary(keyCount, candidateCount, ranking.Common.Count);
        }
    }

    /// <summary>An n-gram as the form writes it; null where a piece has a character that separates.</summary>
    private string? Name(KeyLevel level, int key)
    {
        var pieces = corpus.Source(level.PairsOf(key)[0]).Slice(level.FirstsOf(key)[0], level.Length).ToArray().Select(piece => corpus.SourcePieces[piece]).ToList();
        return pieces.TrueForAll(IsWritable) ? string.Join(' ', pieces) : null;
    }

    private string Text(IEnumerable<int> targetPieces) => string.Join(' ', targetPieces.Select(piece => corpus.TargetPieces[piece]).Where(IsWritable));

    private static bool IsWritable(string piece) => piece.Length > 0 && piece.AsSpan().IndexOfAny(" \t\r\n") < 0;

    /// <summary>Whether a pair is taken in, counted where it is not.</summary>
    private bool Accepts(PairKind ofPair, string parameter, int sourceCount, int targetCount)
    {
        if (PairCount > 0 && ofPair != kind)
            throw new ArgumentException($"Pair {PairCount + LeftOutCount + 1} is {Words(ofPair)}, those before it are {Words(kind)}: all are of one kind.", parameter);
        if (sourceCount == 0 || targetCount == 0 || Math.Max(sourceCount, targetCount) > options.LongestLine)
        {
            LeftOutCount++;
            return false;
        }

        if (corpus.TokenCount + sourceCount + targetCount > LargestTokenCount)
            throw new InvalidOperationException($"The text has more than {LargestTokenCount} pieces after {PairCount} pairs: build from less text.");
        kind = ofPair;
        return true;
    }

    private static string Words(PairKind kind) => kind switch
    {
        PairKind.Aligned => "a translation with an alignment",
        PairKind.Likely => "a sentence with likely tokens",
        _ => "a translation without an alignment",
    };

    private enum PairKind
    {
        Translated,
        Aligned,
        Likely,
    }
}
