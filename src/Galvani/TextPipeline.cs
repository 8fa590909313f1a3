using System.Text;
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
        .. unusedPrefix is null ? (string[])[] : [$"no effect: the source prefix '{unusedPrefix}', as the transform prefix is not among this model's: --transforms can name it"],
    ];

    /// <summary>The prefix and suffix that are added to every line, for people to see.</summary>
    public IEnumerable<string> Additions => steps.Where(step => step.Text.Length > 0).Select(step => $"{step.Transform} '{step.Text}'");

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

    /// <summary>The pieces of a line, with their byte ranges in it.</summary>
    public (List<string> Pieces, List<TextRange> Offsets) Apply(ReadOnlySpan<byte> line)
    {
        var pieces = new List<string>();
        var offsets = new List<TextRange>();
        var (start, end) = Trim(line);
        if (start == end)
            return (pieces, offsets);
        var text = line[start..end];
        var tokenizerAt = steps.FindIndex(step => step.Transform == TokenizerStep);
        var (before, after) = Around(steps.Take(tokenizerAt < 0 ? steps.Count : tokenizerAt));
        if (Tokenizer is null)
            SplitWords(before, text, after, start, pieces, offsets);
        else
            Tokenize(before, text, after, start, pieces, offsets);
        if (tokenizerAt < 0)
            return (pieces, offsets);
        foreach (var (transform, addition) in steps.Skip(tokenizerAt + 1))
            InsertWords(addition, transform == "prefix" ? 0 : pieces.Count, transform == "prefix" ? start : end, pieces, offsets);
        return (pieces, offsets);
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
                steps.Add((transform, options.SourcePrefix ?? checkpoint.Tokenization.CommonText("src_prefix", options.Corpus, corpus => corpus.SourcePrefix, "--corpus or --source-prefix")));
                break;
            case "suffix":
                steps.Add((transform, checkpoint.Tokenization.CommonText("src_suffix", options.Corpus, corpus => corpus.SourceSuffix, "--corpus")));
                break;
            default:
                if (!Inert.Contains(transform))
                    throw new UnsupportedCheckpointException($"The transform {transform} is not supported; sentencepiece, bpe, prefix, suffix and the plain form of onmt_tokenize are. --pieces takes ready-made pieces ({checkpoint.Checkpoint.FilePath}).");
                inert.Add(transform);
                break;
        }
    }

    private void AddUnrecorded(OpenNmtCheckpoint checkpoint)
    {
        var path = checkpoint.Tokenization.FindSourceModel(out _)
            ?? throw new ArgumentException($"This model expects pieces, and the checkpoint records no tokenizer: give --tokenizer or --pieces ({checkpoint.Checkpoint.FilePath}).");
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
        ?? throw new ArgumentException($"The tokenizer was not found beside the checkpoint: tried {TokenizationInfo.Describe(tried)}; give --tokenizer or --pieces.");

    private static void CheckOnmtTokenize(OpenNmtCheckpoint checkpoint)
    {
        var type = checkpoint.Options.Text("src_subword_type");
        var arguments = checkpoint.Options.Text("src_onmttok_kwargs").Replace('"', '\'').Replace(" ", "", StringComparison.Ordinal);
        if (type != "sentencepiece" || arguments is not ("{'mode':'none'}" or ""))
            throw new UnsupportedCheckpointException($"The transform onmt_tokenize with src_subword_type {type} and src_onmttok_kwargs {checkpoint.Options.Text("src_onmttok_kwargs")} is not supported; sentencepiece with mode none is ({checkpoint.Checkpoint.FilePath}).");
    }

    private void Tokenize(string before, ReadOnlySpan<byte> text, string after, int start, List<string> pieces, List<TextRange> offsets)
    {
        var prefix = Encoding.UTF8.GetBytes(before);
        byte[] whole = [.. prefix, .. text, .. Encoding.UTF8.GetBytes(after)];
        var (found, ranges) = Placeholders.Encode(Tokenizer!, whole);
        pieces.AddRange(found);
        foreach (var range in ranges)
            offsets.Add(new TextRange(Math.Clamp(range.Start - prefix.Length, 0, text.Length) + start, Math.Clamp(range.End - prefix.Length, 0, text.Length) + start));
    }

    private static void SplitWords(string before, ReadOnlySpan<byte> text, string after, int start, List<string> pieces, List<TextRange> offsets)
    {
        InsertWords(before, 0, start, pieces, offsets);
        foreach (var range in text.Split((byte)' '))
        {
            var word = text[range];
            if (word.IsEmpty)
                continue;
            pieces.Add(Encoding.UTF8.GetString(word));
            offsets.Add(new TextRange(start + range.Start.Value, start + range.End.Value));
        }

        InsertWords(after, pieces.Count, start + text.Length, pieces, offsets);
    }

    private static void InsertWords(string words, int index, int offset, List<string> pieces, List<TextRange> offsets)
    {
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            pieces.Insert(index, word);
            offsets.Insert(index++, new TextRange(offset, offset));
        }
    }

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
