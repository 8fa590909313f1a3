using System.Text;
using System.Text.Unicode;
using Galvani.Text.SentencePiece;

namespace Galvani.Text;

/// <summary>
/// Cuts text into pieces and puts pieces together again: a <see cref="SentencePieceModel"/> or a <see cref="SubwordNmtModel"/>.
/// Immutable, safe for use by several threads.
/// </summary>
public abstract class Tokenizer
{
    private protected const long LargestFileBytes = 1L << 29;

    private protected Tokenizer()
    {
    }

    /// <summary>Opens a tokenizer file of either kind, told apart by its contents.</summary>
    /// <exception cref="TokenizerFormatException">The file is neither a valid SentencePiece model nor valid subword-nmt codes.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Tokenizer Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var bytes = ReadFile(path);
        return LooksLikeCodes(bytes) ? SubwordNmtModel.Load(bytes, path) : SentencePieceModel.Load(bytes, path);
    }

    /// <summary>
    /// How many pieces of a tokenizer file are in a vocabulary. The tables that cut text are neither built nor checked, so this takes a fraction of the time of <see cref="Open"/>.
    /// </summary>
    /// <param name="path">The file, of either kind.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <returns>As <see cref="Vocabulary.CoverageOf(SentencePieceModel)"/>; null for subword-nmt codes, which list no pieces.</returns>
    /// <exception cref="TokenizerFormatException">The file is neither a SentencePiece model nor valid subword-nmt codes.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static VocabularyCoverage? CoverageOf(string path, Vocabulary vocabulary)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(vocabulary);
        var bytes = ReadFile(path);
        if (!LooksLikeCodes(bytes))
            return vocabulary.CoverageOf(ModelFile.Read(bytes, path));
        SubwordNmtModel.Load(bytes, path);
        return null;
    }

    /// <summary>Cuts UTF-8 text, usually one line, into pieces. Each byte that is no UTF-8 counts as U+FFFD.</summary>
    /// <exception cref="ArgumentException">The text has more than 2^28 bytes; or, under subword-nmt codes, a word like those that <see cref="EncodeTo"/> refuses.</exception>
    public abstract TokenizedText Encode(ReadOnlySpan<byte> utf8);

    /// <summary>Cuts text into pieces. Lone surrogates count as U+FFFD; offsets are into the text as UTF-8.</summary>
    /// <param name="text">The text: usually one line. Line ends and other control characters are text like any other.</param>
    /// <exception cref="ArgumentException">The text has more than 2^28 bytes; or, under subword-nmt codes, a word like those that <see cref="EncodeTo"/> refuses.</exception>
    public TokenizedText Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>
    /// Cuts UTF-8 text into the pieces of <see cref="Encode(ReadOnlySpan{byte})"/> and hands them on one by one: for texts of many megabytes, as a small part of the text is worked on at a time.
    /// What remains are two bytes a character (unigram models, from where pieces overlap on and on).
    /// </summary>
    /// <param name="utf8">The text. Each byte that is no UTF-8 counts as U+FFFD.</param>
    /// <param name="receiver">Takes the pieces.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    /// <exception cref="ArgumentException">There is a word of which more than 2^20 bytes (BPE models; subword-nmt codes: 2^21) have no cut between pieces that is sure before their end, as only pieces made for that bring about.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public abstract void EncodeTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver, CancellationToken cancellationToken = default);

    /// <summary>Puts pieces together to text. A string that is no piece of this tokenizer is copied as it is.</summary>
    public abstract string DecodePieces(IEnumerable<string> pieces);

    private protected static byte[] ReadFile(string path)
    {
        var fileBytes = new FileInfo(path).Length;
        return fileBytes <= LargestFileBytes
            ? File.ReadAllBytes(path)
            : throw new TokenizerFormatException($"The file has {fileBytes} bytes, expected a tokenizer of at most {LargestFileBytes}.", path, 0);
    }

    // Codes are lines of text, two words each, often under a "#version" line; a SentencePiece model starts with the tag
    // of a protocol buffer's field, which no such line starts with.
    private static bool LooksLikeCodes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("#version:"u8))
            return true;
        var end = bytes.IndexOf((byte)'\n');
        var line = (end < 0 ? bytes : bytes[..end]).Trim("\r "u8);
        return line.Count((byte)' ') == 1 && Utf8.IsValid(line) && line.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0;
    }
}
