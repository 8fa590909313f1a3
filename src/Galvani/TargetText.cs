using System.Text;
using Galvani.Checkpoints;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Text;

namespace Galvani;

/// <summary>
/// The target side of a model's transforms: from pieces to text, as OpenNMT-py reverses them, and from a prefix's text to pieces. Immutable; safe for use by several threads.
/// </summary>
internal sealed class TargetText
{
    private readonly Tokenizer? tokenizer;
    private readonly string prefix;
    private readonly bool isPrefixBehindTokenizer;

    private TargetText(Tokenizer? tokenizer, string prefix, bool isPrefixBehindTokenizer) =>
        (this.tokenizer, this.prefix, this.isPrefixBehindTokenizer) = (tokenizer, prefix, isPrefixBehindTokenizer);

    /// <summary>Pieces as they are, joined by spaces.</summary>
    public static TargetText OfPieces { get; } = new(tokenizer: null, prefix: "", isPrefixBehindTokenizer: false);

    /// <summary>The target side that a checkpoint records, or that the options ask for.</summary>
    /// <exception cref="ArgumentException">The corpora disagree, or no tokenizer can be found; the message names what was tried.</exception>
    /// <exception cref="TokenizerFormatException">The tokenizer is broken.</exception>
    public static TargetText Create(NmtModel model)
    {
        var (checkpoint, options) = (model.Checkpoint, model.OpenedWith);
        if (options.TokenizerPath is not null && options.Transforms is null)
            return new TargetText(Tokenizer.Open(options.TargetTokenizerPath ?? options.TokenizerPath), options.TargetPrefix ?? "", isPrefixBehindTokenizer: false);
        var transforms = (options.Transforms ?? checkpoint.Tokenization.Transforms(options.Corpus)).ToList();
        var tokenizerPlace = transforms.FindIndex(TokenizationInfo.IsTokenizer);
        var prefixPlace = transforms.IndexOf("prefix");
        var tokenizer = tokenizerPlace >= 0 || checkpoint.Tokenization.HasPieces ? Tokenizer.Open(options.TargetTokenizerPath ?? options.TokenizerPath ?? Find(checkpoint)) : null;
        var isRecorded = prefixPlace >= 0 && model.Config.Task == ModelTask.SequenceToSequence; // a language model's only side is its source, whose prefix goes in front of the prompt
        var prefix = options.TargetPrefix ?? (isRecorded ? CommonPrefix(checkpoint, options) : "");
        return new TargetText(tokenizer, prefix, prefixPlace > tokenizerPlace);
    }

    /// <summary>The pieces of a prefix that every line has; the text of a line's own prefix follows.</summary>
    /// <param name="text">The line's own prefix; empty for none.</param>
    public IReadOnlyList<string> PrefixPieces(string text)
    {
        if (tokenizer is null)
            return Words($"{prefix} {text}");
        return isPrefixBehindTokenizer ? [.. Words(prefix), .. Tokenize(text)] : Tokenize(prefix.Length == 0 ? text : $"{prefix} {text}");
    }

    /// <summary>Puts pieces together to text; the prefix that every line has goes.</summary>
    /// <param name="pieces">The pieces.</param>
    public string Decode(IReadOnlyList<string> pieces)
    {
        var text = tokenizer is null ? string.Join(' ', pieces) : tokenizer.DecodePieces(pieces);
        if (tokenizer is SentencePieceModel)
            text = text.Replace("\n", Placeholders.LineFeed, StringComparison.Ordinal);
        if (prefix.Length == 0 || !text.StartsWith(prefix, StringComparison.Ordinal))
            return text;
        return text.Length > prefix.Length ? text[(prefix.Length + 1)..] : ""; // and the space behind it
    }

    private List<string> Tokenize(string text) => text.Length == 0 ? [] : Placeholders.Encode(tokenizer!, Encoding.UTF8.GetBytes(text)).Pieces;

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Find(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Tokenization.FindTargetModel(out var tried)
        ?? throw new ArgumentException($"The target's tokenizer was not found beside the checkpoint: tried {string.Join(", ", tried)}; give --target-tokenizer or --pieces.");

    private static string CommonPrefix(OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        var corpora = checkpoint.Tokenization.Corpora.Where(corpus => options.Corpus is null ? corpus.Name != "valid" : corpus.Name == options.Corpus).ToList();
        var prefixes = corpora.Select(corpus => corpus.TargetPrefix).Distinct(StringComparer.Ordinal).ToList();
        return prefixes.Count switch
        {
            0 => checkpoint.Options.Text("tgt_prefix"),
            1 => prefixes[0],
            _ => throw new ArgumentException($"The corpora have different target prefixes: {string.Join("; ", corpora.Select(corpus => $"{corpus.Name}: '{corpus.TargetPrefix}'"))}; give --target-prefix or --corpus."),
        };
    }
}
