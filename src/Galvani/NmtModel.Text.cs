using System.Text;
using Galvani.Checkpoints;
using Galvani.Text;

namespace Galvani;

/// <content>From text to pieces and ids, and back.</content>
public sealed partial class NmtModel
{
    /// <summary>A longer line goes to its ids in parts, since scratch memory for a whole one is many times its size.</summary>
    private const int LongLineBytes = 1 << 16;

    private static readonly byte[] FeatureSeparator = Encoding.UTF8.GetBytes([SourceFeatures.Separator]);

    /// <summary>Cuts a line into the model's pieces.</summary>
    /// <param name="line">The text.</param>
    /// <exception cref="ArgumentException">The model has source features that the line lacks and that have no defaults, or its tokenizer was not found; the message says what to do.</exception>
    /// <exception cref="UnsupportedCheckpointException">A transform of the model is not supported, or the vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    public TokenizedLine Tokenize(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return Tokenize(Encoding.UTF8.GetBytes(line));
    }

    /// <summary>
    /// Cuts a line of UTF-8 into the model's pieces. Where the model has source features, each piece takes their defaults (<see cref="NmtModelOptions.SourceFeatureDefaults"/>);
    /// where its tokens are words, they may also stand in the line, behind <c>￨</c>.
    /// </summary>
    /// <param name="utf8">The text; bytes that are no UTF-8 count as U+FFFD.</param>
    /// <exception cref="ArgumentException">The model has source features that the line lacks and that have no defaults, or its tokenizer was not found; the message says what to do.</exception>
    /// <exception cref="UnsupportedCheckpointException">A transform of the model is not supported, or the vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    public TokenizedLine Tokenize(ReadOnlySpan<byte> utf8) => Tokenize(utf8, int.MaxValue, out _);

    /// <summary>The first pieces of a line of UTF-8, as <see cref="Tokenize(ReadOnlySpan{byte})"/> cuts it: for lines that may be too long, of which no more is made than can be used.</summary>
    /// <param name="utf8">The text; bytes that are no UTF-8 count as U+FFFD.</param>
    /// <param name="mostPieces">How many pieces are kept, at most.</param>
    /// <param name="pieceCount">Gets the number of all pieces of the line.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    /// <exception cref="ArgumentException">The model has source features that the line lacks and that have no defaults, or its tokenizer was not found; the message says what to do.</exception>
    /// <exception cref="UnsupportedCheckpointException">A transform of the model is not supported, or the vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TokenizedLine Tokenize(ReadOnlySpan<byte> utf8, int mostPieces, out int pieceCount, CancellationToken cancellationToken = default)
    {
        var carriesFeatures = features.Count > 0 && utf8.IndexOf(FeatureSeparator) >= 0;
        var (start, end) = TextPipeline.Trim(utf8);
        if (!features.AreOptional && !carriesFeatures && start < end)
            throw new ArgumentException($"This model has {features.Count} source features, which the line does not carry and which have no defaults: give pieces ({nameof(NmtModel)}.{nameof(TakePieces)}), each as word{SourceFeatures.Separator}feature, or {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.SourceFeatureDefaults)}.");
        var collector = new PieceCollector(Tokenizer, mostPieces);
        RequirePipeline().ApplyTo(utf8, collector, cancellationToken);
        collector.Complete();
        pieceCount = collector.Count;
        if (carriesFeatures && Tokenizer is not null)
            throw new ArgumentException($"The line carries features behind {SourceFeatures.Separator}, which a tokenizer would cut: give pieces ({nameof(NmtModel)}.{nameof(TakePieces)}).");
        var pieces = collector.Pieces;
        var values = carriesFeatures || pieces.Count == 0 ? features.Take(pieces) : features.OfDefaults(pieces.Count);
        return new TokenizedLine(pieces, LookUp(pieces), collector.Offsets, SourceVocabulary.UnknownId) { Features = values };
    }

    /// <summary>
    /// Hands the pieces of a line of UTF-8 on one by one, with their ids in the checkpoint's vocabulary: for lines of many megabytes. Source features are left out. Pieces are those of
    /// <see cref="Tokenize(ReadOnlySpan{byte})"/>.
    /// </summary>
    /// <param name="utf8">The text; bytes that are no UTF-8 count as U+FFFD.</param>
    /// <param name="receiver">Takes the pieces.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    /// <exception cref="ArgumentException">The model has source features that the line lacks and that have no defaults, or its tokenizer was not found; the message says what to do.</exception>
    /// <exception cref="UnsupportedCheckpointException">A transform of the model is not supported, or the vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void TokenizeTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        if (features.Count > 0)
        {
            Send(Tokenize(utf8), receiver);
            return;
        }

        var relay = new VocabularyRelay(SourceTokens, longestToken.Value, Tokenizer, receiver);
        RequirePipeline().ApplyTo(utf8, relay, cancellationToken);
        relay.Complete();
    }

    /// <summary>
    /// The ids of a line of UTF-8, those of <see cref="Tokenize(ReadOnlySpan{byte})"/>. Faster, as no pieces are made: with a SentencePiece model, no prefix or suffix and no placeholder in the line
    /// nothing is allocated once the workspace has grown.
    /// </summary>
    /// <param name="utf8">The text; bytes that are no UTF-8 count as U+FFFD.</param>
    /// <param name="workspace">Scratch memory, one a thread. It may own the result.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a long word.</param>
    /// <returns>[S], valid until the workspace is used again.</returns>
    /// <exception cref="ArgumentException">The model has source features that the line lacks and that have no defaults, or its tokenizer was not found; the message says what to do.</exception>
    /// <exception cref="UnsupportedCheckpointException">A transform of the model is not supported.</exception>
    public ReadOnlySpan<int> TokenizeToIds(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        if (features.Count == 0 && utf8.Length > LongLineBytes)
            return LongLineIds(utf8, cancellationToken);
        if (features.Count > 0 || encoder.Value is not { } straight || Placeholders.MayBeIn(utf8))
            return Tokenize(utf8, int.MaxValue, out _, cancellationToken).Ids.ToArray();
        var (start, end) = TextPipeline.Trim(utf8);
        return straight.EncodeIds(utf8[start..end], workspace);
    }

    /// <summary>
    /// Takes a line of ready-made pieces: split at single spaces, features behind <c>￨</c>; where no piece carries any, each takes the defaults
    /// (<see cref="NmtModelOptions.SourceFeatureDefaults"/>).
    /// </summary>
    /// <param name="line">The pieces.</param>
    /// <exception cref="ArgumentException">A piece carries another number of features than the model has, or the defaults are another number.</exception>
    /// <exception cref="UnsupportedCheckpointException">The vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    public TokenizedLine TakePieces(string line) => TakePieces(line, int.MaxValue, out _);

    /// <summary>The first of ready-made pieces, as <see cref="TakePieces(string)"/> takes them: for lines that may be too long. Of a model with source features all are kept.</summary>
    /// <param name="line">The pieces.</param>
    /// <param name="mostPieces">How many pieces are kept, at most.</param>
    /// <param name="pieceCount">Gets the number of all pieces of the line.</param>
    /// <exception cref="ArgumentException">A piece carries another number of features than the model has, or the defaults are another number.</exception>
    /// <exception cref="UnsupportedCheckpointException">The vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    public TokenizedLine TakePieces(string line, int mostPieces, out int pieceCount)
    {
        ArgumentNullException.ThrowIfNull(line);
        var trimmed = line.AsSpan().Trim();
        pieceCount = trimmed.IsEmpty ? 0 : trimmed.Count(' ') + 1;
        var pieces = new List<string>(Math.Min(pieceCount, mostPieces));
        foreach (var range in trimmed.Split(' '))
        {
            if (pieceCount == 0 || (pieces.Count == mostPieces && features.Count == 0))
                break;
            var piece = trimmed[range];
            pieces.Add(SourceVocabulary.TryGetId(piece, out var id) ? SourceVocabulary.Tokens[id] : piece.ToString()); // the vocabulary's strings are shared
        }

        var values = features.Take(pieces);
        return new TokenizedLine(pieces, LookUp(pieces), [], SourceVocabulary.UnknownId) { Features = values };
    }

    /// <summary>Hands ready-made pieces on one by one, as <see cref="TakePieces(string)"/> takes them: for lines of many megabytes. Source features are left out; pieces have no ranges.</summary>
    /// <param name="utf8">The pieces; bytes that are no UTF-8 count as U+FFFD.</param>
    /// <param name="receiver">Takes the pieces.</param>
    /// <exception cref="ArgumentException">A piece carries another number of features than the model has, or the defaults are another number.</exception>
    /// <exception cref="UnsupportedCheckpointException">The vocabulary lacks a piece and has no <c>&lt;unk&gt;</c>.</exception>
    public void TakePiecesTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        if (features.Count > 0)
        {
            Send(TakePieces(Encoding.UTF8.GetString(utf8)), receiver);
            return;
        }

        var (start, end) = TextPipeline.Trim(utf8);
        if (start < end)
            new GivenPieces(SourceVocabulary, SourceTokens).Send(utf8[start..end], receiver);
    }

    /// <summary>Puts pieces together to text, pieces outside the vocabulary shown as <c>&lt;unk&gt;</c>.</summary>
    /// <param name="line">A line of pieces.</param>
    public string Decode(TokenizedLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var known = line.Pieces.Select((piece, index) => line.IsUnknown(index) ? $" {Vocabulary.Unknown} " : piece);
        if (Tokenizer is null)
            return string.Join(' ', known.Select(piece => piece.Trim()));
        return Tokenizer.DecodePieces(known).Replace("  ", " ", StringComparison.Ordinal).Trim();
    }

    private TextPipeline RequirePipeline()
    {
        if (pipelineProblem is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(pipelineProblem);
        return pipeline!;
    }

    private KnownTokens SourceTokens => new(SourceVocabulary, "vocabulary", Checkpoint.Checkpoint.FilePath);

    private int[] LookUp(List<string> pieces) => SourceTokens.IdsOf(pieces);

    private ReadOnlySpan<int> LongLineIds(ReadOnlySpan<byte> utf8, CancellationToken cancellationToken)
    {
        var ids = new IdCollector();
        TokenizeTo(utf8, ids, cancellationToken);
        return ids.Ids;
    }

    private static void Send(TokenizedLine line, IPieceReceiver receiver)
    {
        for (var i = 0; i < line.Ids.Count; i++)
        {
            if (!receiver.Add(line.Ids[i], Encoding.UTF8.GetBytes(line.Pieces[i]), line.Offsets.Count == 0 ? default : line.Offsets[i]))
                return;
        }
    }
}
