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
    private readonly Addition prefix;
    private readonly Lazy<Addition> suffix; // translating needs none: corpora that differ in it are no obstacle then

    private TargetText(Tokenizer? tokenizer, Addition prefix, Lazy<Addition> suffix) => (this.tokenizer, this.prefix, this.suffix) = (tokenizer, prefix, suffix);

    /// <summary>Pieces as they are, joined by spaces.</summary>
    public static TargetText OfPieces { get; } = new(tokenizer: null, Addition.None, new Lazy<Addition>(Addition.None));

    /// <summary>The target side that a checkpoint records, or that the options ask for.</summary>
    /// <exception cref="ArgumentException">The corpora disagree, or no tokenizer can be found; the message names what was tried.</exception>
    /// <exception cref="TokenizerFormatException">The tokenizer is broken.</exception>
    public static TargetText Create(NmtModel model)
    {
        var (checkpoint, options) = (model.Checkpoint, model.OpenedWith);
        if (options.TokenizerPath is not null && options.Transforms is null)
            return new TargetText(Tokenizer.Open(options.TargetTokenizerPath ?? options.TokenizerPath), new Addition(options.TargetPrefix ?? "", IsBehindTokenizer: false), new Lazy<Addition>(Addition.None));
        var transforms = (options.Transforms ?? checkpoint.Tokenization.Transforms(options.Corpus)).ToList();
        var tokenizerPlace = transforms.FindIndex(TokenizationInfo.IsTokenizer);
        var tokenizer = tokenizerPlace >= 0 || checkpoint.Tokenization.HasPieces ? Tokenizer.Open(options.TargetTokenizerPath ?? options.TokenizerPath ?? Find(checkpoint)) : null;
        var prefix = options.TargetPrefix ?? Recorded("prefix", "tgt_prefix", corpus => corpus.TargetPrefix, $"{NmtModelOptions.CorpusName} or {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TargetPrefix)}");
        return new TargetText(tokenizer, Placed("prefix", prefix), new Lazy<Addition>(() => Placed("suffix", Recorded("suffix", "tgt_suffix", corpus => corpus.TargetSuffix, NmtModelOptions.CorpusName))));

        Addition Placed(string transform, string text) => new(text, tokenizerPlace >= 0 && transforms.IndexOf(transform) > tokenizerPlace); // one that is not recorded comes last

        // A language model's only side is its source: what stands around it goes around the prompt.
        string Recorded(string transform, string option, Func<CorpusInfo, string> read, string remedy) =>
            transforms.Contains(transform) && model.Config.Task == ModelTask.SequenceToSequence ? checkpoint.Tokenization.CommonText(option, options.Corpus, read, remedy) : "";
    }

    /// <summary>The pieces of a whole translation: the prefix and the suffix that every line has are around its text.</summary>
    /// <param name="text">The translation.</param>
    /// <param name="mostPieces">How many pieces are kept, at most; all are counted.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    /// <exception cref="ArgumentException">The corpora differ in their suffix.</exception>
    public PieceCollector Pieces(string text, int mostPieces, CancellationToken cancellationToken = default) => Collect(text, suffix.Value, mostPieces, cancellationToken);

    /// <summary>The pieces of a prefix that every line has; the text of a line's own prefix follows.</summary>
    /// <param name="text">The line's own prefix; empty for none.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    public IReadOnlyList<string> PrefixPieces(string text, CancellationToken cancellationToken) => Collect(text, Addition.None, int.MaxValue, cancellationToken).Pieces;

    /// <summary>Puts pieces together to text; the prefix that every line has goes.</summary>
    /// <param name="pieces">The pieces.</param>
    public string Decode(IReadOnlyList<string> pieces)
    {
        var text = tokenizer is null ? string.Join(' ', pieces) : tokenizer.DecodePieces(pieces);
        if (tokenizer is SentencePieceModel)
            text = text.Replace("\n", Placeholders.LineFeed, StringComparison.Ordinal);
        if (prefix.Text.Length == 0 || !text.StartsWith(prefix.Text, StringComparison.Ordinal))
            return text;
        return text.Length > prefix.Text.Length ? text[(prefix.Text.Length + 1)..] : ""; // and the space behind it
    }

    private PieceCollector Collect(string text, Addition end, int mostPieces, CancellationToken cancellationToken)
    {
        var collector = new PieceCollector(tokenizer, mostPieces);
        if (tokenizer is null)
        {
            collector.AddWords(prefix.Text);
            collector.AddWords(text);
            collector.AddWords(end.Text);
            return collector;
        }

        string[] parts = [prefix.IsBehindTokenizer ? "" : prefix.Text, text, end.IsBehindTokenizer ? "" : end.Text];
        if (prefix.IsBehindTokenizer)
            collector.AddWords(prefix.Text);
        Placeholders.EncodeTo(tokenizer, Encoding.UTF8.GetBytes(string.Join(' ', parts.Where(part => part.Length > 0))), collector, cancellationToken);
        collector.Complete();
        if (end.IsBehindTokenizer)
            collector.AddWords(end.Text);
        return collector;
    }

    private static string Find(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Tokenization.FindTargetModel(out var tried)
        ?? throw new ArgumentException($"The target's tokenizer was not found beside the checkpoint: tried {TokenizationInfo.Describe(tried)}; give {nameof(NmtModelOptions)}.{nameof(NmtModelOptions.TargetTokenizerPath)} or {nameof(Scorer)}.{nameof(Scorer.TakeTargetPieces)}.");

    /// <summary>What a transform adds to every line.</summary>
    /// <param name="Text">Empty for nothing.</param>
    /// <param name="IsBehindTokenizer">Whether the transform is behind the tokenizer: its words are pieces then.</param>
    private sealed record Addition(string Text, bool IsBehindTokenizer)
    {
        public static Addition None { get; } = new("", IsBehindTokenizer: false);
    }
}
