using System.Text;
using Galvani.Checkpoints;
using Galvani.Models.OpenNmt;
using Galvani.Text;

namespace Galvani;

/// <summary>
/// From a line of text to a model's pieces, as OpenNMT-py's transforms do it: <c>prefix</c>, <c>suffix</c> and one tokenizer. Transforms that do nothing at
/// inference are named in <see cref="Notes"/>; others are refused by name. Immutable; safe for use by several threads.
/// </summary>
internal sealed class TextPipeline
{
    private static readonly HashSet<string> Inert = new(StringComparer.Ordinal)
        { "filtertoolong", "switchout", "tokendrop", "tokenmask", "bart", "clean", "uppercase", "fuzzymatch", "inlinetags", "terminology" };

    private readonly List<(string Transform, string Text)> steps = [];
    private readonly List<string> notes = [];

    private TextPipeline(Tokenizer? tokenizer) => Tokenizer = tokenizer;

    /// <summary>The tokenizer, or null where the model's tokens are words.</summary>
    public Tokenizer? Tokenizer { get; private set; }

    /// <summary>What a person should know: transforms without effect.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>The prefix and suffix that are added to every line, for people to see.</summary>
    public IEnumerable<string> Additions => steps.Where(step => step.Text.Length > 0).Select(step => $"{step.Transform} '{step.Text}'");

    /// <summary>A pipeline of one tokenizer alone.</summary>
    public static TextPipeline Of(Tokenizer tokenizer)
    {
        var pipeline = new TextPipeline(tokenizer);
        pipeline.steps.Add(("tokenizer", ""));
        return pipeline;
    }

    /// <summary>The pipeline that a checkpoint records, or that the options ask for.</summary>
    /// <exception cref="UnsupportedCheckpointException">A transform is not supported; it is named.</exception>
    /// <exception cref="ArgumentException">The corpora disagree, or no tokenizer can be found; the message names what was tried.</exception>
    public static TextPipeline Create(OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        if (options.TokenizerPath is not null && options.Transforms is null)
            return Of(Tokenizer.Open(options.TokenizerPath));
        var transforms = options.Transforms ?? checkpoint.Tokenization.Transforms(options.Corpus);
        var pipeline = new TextPipeline(tokenizer: null);
        foreach (var transform in transforms)
            pipeline.Add(transform, checkpoint, options);
        if (pipeline.Tokenizer is null && checkpoint.Tokenization.HasPieces)
            pipeline.AddUnrecorded(checkpoint);
        if (pipeline.notes.Count > 0)
            pipeline.notes[0] = "no effect at inference: " + pipeline.notes[0];
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
        var before = "";
        var isTokenized = Tokenizer is null;
        foreach (var (transform, addition) in steps)
        {
            if (transform == "tokenizer")
            {
                Tokenize(before, text, start, pieces, offsets);
                isTokenized = true;
            }
            else if (transform == "prefix" && addition.Length > 0)
            {
                if (isTokenized && pieces.Count > 0)
                    InsertWords(addition, 0, start, pieces, offsets);
                else
                    before = addition + " " + before;
            }
            else if (transform == "suffix" && addition.Length > 0 && isTokenized)
                InsertWords(addition, pieces.Count, end, pieces, offsets);
        }

        if (Tokenizer is null)
            SplitWords(before, text, start, pieces, offsets);
        return (pieces, offsets);
    }

    /// <summary>Whether a line can go straight to SentencePiece's ids: no prefix, no suffix, no marker in it.</summary>
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
                steps.Add((transform, options.SourcePrefix ?? CommonPrefix(checkpoint, options)));
                break;
            case "suffix":
                steps.Add((transform, checkpoint.Options.Text("src_suffix")));
                break;
            default:
                if (!Inert.Contains(transform))
                    throw new UnsupportedCheckpointException($"The transform {transform} is not supported; sentencepiece, bpe, prefix, suffix and the plain form of onmt_tokenize are. --pieces takes ready-made pieces ({checkpoint.Checkpoint.FilePath}).");
                notes.Add(transform);
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
        steps.Add(("tokenizer", ""));
    }

    private static string Find(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Tokenization.FindSourceModel(out var tried)
        ?? throw new ArgumentException($"The tokenizer was not found beside the checkpoint: tried {string.Join(", ", tried)}; give --tokenizer or --pieces.");

    private static void CheckOnmtTokenize(OpenNmtCheckpoint checkpoint)
    {
        var type = checkpoint.Options.Text("src_subword_type");
        var arguments = checkpoint.Options.Text("src_onmttok_kwargs").Replace('"', '\'').Replace(" ", "", StringComparison.Ordinal);
        if (type != "sentencepiece" || arguments is not ("{'mode':'none'}" or ""))
            throw new UnsupportedCheckpointException($"The transform onmt_tokenize with src_subword_type {type} and src_onmttok_kwargs {checkpoint.Options.Text("src_onmttok_kwargs")} is not supported; sentencepiece with mode none is ({checkpoint.Checkpoint.FilePath}).");
    }

    private static string CommonPrefix(OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        var corpora = checkpoint.Tokenization.Corpora.Where(corpus => options.Corpus is null ? corpus.Name != "valid" : corpus.Name == options.Corpus).ToList();
        var prefixes = corpora.Select(corpus => corpus.SourcePrefix).Distinct(StringComparer.Ordinal).ToList();
        return prefixes.Count switch
        {
            0 => checkpoint.Options.Text("src_prefix"),
            1 => prefixes[0],
            _ => throw new ArgumentException($"The corpora have different prefixes: {string.Join("; ", corpora.Select(corpus => $"{corpus.Name}: '{corpus.SourcePrefix}'"))}; give --source-prefix or --corpus."),
        };
    }

    private void Tokenize(string before, ReadOnlySpan<byte> text, int start, List<string> pieces, List<TextRange> offsets)
    {
        var prefix = Encoding.UTF8.GetBytes(before);
        byte[] whole = [.. prefix, .. text];
        var tokenized = Tokenizer!.Encode(whole);
        for (var i = 0; i < tokenized.Pieces.Count; i++)
        {
            var range = tokenized.Offsets[i];
            pieces.Add(tokenized.Pieces[i]);
            offsets.Add(new TextRange(Math.Max(0, range.Start - prefix.Length) + start, Math.Max(0, range.End - prefix.Length) + start));
        }
    }

    private static void SplitWords(string before, ReadOnlySpan<byte> text, int start, List<string> pieces, List<TextRange> offsets)
    {
        InsertWords(before.TrimEnd(), 0, start, pieces, offsets);
        foreach (var range in text.Split((byte)' '))
        {
            var word = text[range];
            if (word.IsEmpty)
                continue;
            pieces.Add(Encoding.UTF8.GetString(word));
            offsets.Add(new TextRange(start + range.Start.Value, start + range.End.Value));
        }
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
