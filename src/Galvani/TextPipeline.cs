using System.Text;
using System.Text.Unicode;
using Galvani.Checkpoints;
using Galvani.Models.OpenNmt;
using Galvani.Text;

namespace Galvani;

/// <summary>
/// From a line of text to a model's pieces, as OpenNMT-py's transforms do it: <c>prefix</c>, <c>suffix</c> and one tokenizer, which does not see <see cref="Placeholders"/>. Transforms that do nothing at
/// inference are named in <see cref="Notes"/>; others are refused by name. Immutable; safe for use by several threads.
/// </summary>
internal sealed class TextPipeline
{
    private static readonly HashSet<string> Inert = new(StringComparer.Ordinal)
        { "filtertoolong", "switchout", "tokendrop", "tokenmask", "bart", "clean", "uppercase", "fuzzymatch", "inlinetags", "terminology" };

    private const string TokenizerStep = "tokenizer";

    private readonly List<(string Transform, string Text)> steps = [];
    private readonly List<string> inert = [];
    private string? unusedPrefix;

    private TextPipeline(Tokenizer? tokenizer) => Tokenizer = tokenizer;

    /// <summary>The tokenizer, or null where the model's tokens are words.</summary>
    public Tokenizer? Tokenizer { get; private set; }

    /// <summary>What a person should know: transforms and a prefix without effect.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. inert.Count == 0 ? (string[])[] : [$"no effect at inference: {string.Join(", ", inert)}"],
        .. unusedPrefix is null ? (string[])[] : [$"no effect: the source prefix '{unusedPrefix}', as the transform prefix is not among this model's: {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.Transforms)} can name it"],
    ];

    /// <summary>A pipeline of one tokenizer alone.</summary>
    public static TextPipeline Of(Tokenizer tokenizer)
    {
        var pipeline = new TextPipeline(tokenizer);
        pipeline.steps.Add((TokenizerStep, ""));
        return pipeline;
    }

    /// <summary>The pipeline that a checkpoint records, or that the options ask for.</summary>
    /// <exception cref="UnsupportedCheckpointException">A transform is not supported; it is named.</exception>
    /// <exception cref="ArgumentException">The corpora disagree, or no tokenizer can be found; the message names what was tried.</exception>
    public static TextPipeline Create(OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        var pipeline = options is { TokenizerPath: { } path, Transforms: null } ? Of(Tokenizer.Open(path)) : OfTransforms(checkpoint, options);
        if (!string.IsNullOrEmpty(options.SourcePrefix) && !pipeline.steps.Exists(step => step.Transform == "prefix"))
            pipeline.unusedPrefix = options.SourcePrefix;
        return pipeline;
    }

    private static TextPipeline OfTransforms(OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        var pipeline = new TextPipeline(tokenizer: null);
        foreach (var transform in options.Transforms ?? checkpoint.Tokenization.Transforms(options.Corpus))
            pipeline.Add(transform, checkpoint, options);
        if (pipeline.Tokenizer is null && checkpoint.Tokenization.HasPieces)
            pipeline.AddUnrecorded(checkpoint);
        return pipeline;
    }

    /// <summary>Hands the pieces of a line on, with their byte ranges in it; ids are the tokenizer's, -1 for pieces that are not from it.</summary>
    /// <param name="line">The line.</param>
    /// <param name="receiver">Takes the pieces.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    public void ApplyTo(ReadOnlySpan<byte> line, IPieceReceiver receiver, CancellationToken cancellationToken)
    {
        var (start, end) = Trim(line);
        if (start == end)
            return;
        var tokenizerAt = steps.FindIndex(step => step.Transform == TokenizerStep);
        var (before, after) = Around(steps.Take(tokenizerAt < 0 ? steps.Count : tokenizerAt));
        var (front, back) = (new List<string>(), new List<string>());
        foreach (var (transform, addition) in tokenizerAt < 0 ? [] : steps.Skip(tokenizerAt + 1))
        {
            if (transform == "prefix")
                front.InsertRange(0, Words(addition));
            else
                back.AddRange(Words(addition));
        }

        var text = line[start..end];
        _ = AddWords(front, start, receiver)
            && (Tokenizer is null ? SplitWords(before, text, after, start, receiver) : Tokenize(before, text, after, start, receiver, cancellationToken))
            && AddWords(back, end, receiver);
    }

    /// <summary>What transforms in front of the tokenizer put around the text.</summary>
    private static (string Before, string After) Around(IEnumerable<(string Transform, string Text)> additions)
    {
        var (before, after) = ("", "");
        foreach (var (transform, addition) in additions.Where(step => step.Text.Length > 0))
            (before, after) = transform == "prefix" ? ($"{addition} {before}", after) : (before, $"{after} {addition}");
        return (before, after);
    }

    /// <summary>Whether a line without placeholders can go straight to SentencePiece's ids: there is no prefix and no suffix.</summary>
    public bool IsPlain => Tokenizer is SentencePieceModel && steps.TrueForAll(step => step.Text.Length == 0);

    private void Add(string transform, OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        switch (transform)
        {
            case "sentencepiece" or "bpe":
                SetTokenizer(options.TokenizerPath ?? Find(checkpoint), checkpoint);
                break;
            case "onmt_tokenize":
                CheckOnmtTokenize(checkpoint);
                SetTokenizer(options.TokenizerPath ?? Find(checkpoint), checkpoint);
                break;
            case "prefix":
                steps.Add((transform, options.SourcePrefix ?? checkpoint.Tokenization.CommonText("src_prefix", options.Corpus, corpus => corpus.SourcePrefix, $"{NmtModelOptions.CorpusName} or {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.SourcePrefix)}")));
                break;
            case "suffix":
                steps.Add((transform, checkpoint.Tokenization.CommonText("src_suffix", options.Corpus, corpus => corpus.SourceSuffix, NmtModelOptions.CorpusName)));
                break;
            default:
                if (!Inert.Contains(transform))
                    throw new UnsupportedCheckpointException($"The transform {transform} is not supported; sentencepiece, bpe, prefix, suffix and the plain form of onmt_tokenize are. {nameof(NmtModel)}.{nameof(NmtModel.TakePieces)} takes ready-made pieces ({checkpoint.Checkpoint.FilePath}).");
                inert.Add(transform);
                break;
        }
    }

    private void AddUnrecorded(OpenNmtCheckpoint checkpoint)
    {
        var path = checkpoint.Tokenization.FindSourceModel(out _)
            ?? throw new ArgumentException($"This model expects pieces, and the checkpoint records no tokenizer: give {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TokenizerPath)} or {nameof(NmtModel)}.{nameof(NmtModel.TakePieces)} ({checkpoint.Checkpoint.FilePath}).");
        SetTokenizer(path, checkpoint);
    }

    private void SetTokenizer(string path, OpenNmtCheckpoint checkpoint)
    {
        if (Tokenizer is not null)
            throw new UnsupportedCheckpointException($"Two tokenizers are recorded, one is supported ({checkpoint.Checkpoint.FilePath}).");
        Tokenizer = Tokenizer.Open(path);
        steps.Add((TokenizerStep, ""));
    }

    private static string Find(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Tokenization.FindSourceModel(out var tried)
        ?? throw new ArgumentException($"The tokenizer was not found beside the checkpoint: tried {TokenizationInfo.Describe(tried)}; give {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TokenizerPath)} or {nameof(NmtModel)}.{nameof(NmtModel.TakePieces)}.");

    private static void CheckOnmtTokenize(OpenNmtCheckpoint checkpoint)
    {
        var type = checkpoint.Options.Text("src_subword_type");
        var arguments = checkpoint.Options.Text("src_onmttok_kwargs").Replace('"', '\'').Replace(" ", "", StringComparison.Ordinal);
        if (type != "sentencepiece" || arguments is not ("{'mode':'none'}" or ""))
            throw new UnsupportedCheckpointException($"The transform onmt_tokenize with src_subword_type {type} and src_onmttok_kwargs {checkpoint.Options.Text("src_onmttok_kwargs")} is not supported; sentencepiece with mode none is ({checkpoint.Checkpoint.FilePath}).");
    }

    private bool Tokenize(string before, ReadOnlySpan<byte> text, string after, int start, IPieceReceiver receiver, CancellationToken cancellationToken)
    {
        if (before.Length == 0 && after.Length == 0)
            return Placeholders.EncodeTo(Tokenizer!, text, start == 0 ? receiver : new PieceRelay(receiver, start), cancellationToken);
        var prefix = Encoding.UTF8.GetBytes(before);
        var length = text.Length;
        byte[] whole = [.. prefix, .. text, .. Encoding.UTF8.GetBytes(after)];
        return Placeholders.EncodeTo(Tokenizer!, whole, new PieceRelay(receiver, start, position => Math.Clamp(position - prefix.Length, 0, length)), cancellationToken);
    }

    private static bool SplitWords(string before, ReadOnlySpan<byte> text, string after, int start, IPieceReceiver receiver)
    {
        if (!AddWords(Words(before), start, receiver))
            return false;
        foreach (var range in text.Split((byte)' '))
        {
            var word = text[range];
            if (!word.IsEmpty && !receiver.Add(-1, Utf8.IsValid(word) ? word : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(word)), new TextRange(start + range.Start.Value, start + range.End.Value)))
                return false;
        }

        return AddWords(Words(after), start + text.Length, receiver);
    }

    private static bool AddWords(IEnumerable<string> words, int offset, IPieceReceiver receiver) =>
        words.All(word => receiver.Add(-1, Encoding.UTF8.GetBytes(word), new TextRange(offset, offset)));

    private static string[] Words(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The part of a line between Unicode white space at its ends.</summary>
    public static (int Start, int End) Trim(ReadOnlySpan<byte> line)
    {
        var (start, end) = (0, line.Length);
        while (start < end && Rune.DecodeFromUtf8(line[start..end], out var rune, out var length) == System.Buffers.OperationStatus.Done && Rune.IsWhiteSpace(rune))
            start += length;
        while (start < end && Rune.DecodeLastFromUtf8(line[start..end], out var rune, out var length) == System.Buffers.OperationStatus.Done && Rune.IsWhiteSpace(rune))
            end -= length;
        return (start, end);
    }
}
