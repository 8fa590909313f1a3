// Byte pair encoding as subword-nmt does it (rsennrich/subword-nmt): words between spaces, merges from a codes file, "@@" behind
// every piece that does not end its word. Exact to apply_bpe.py in both versions of the codes, with its vocabulary threshold.
// Left out: learning codes, merge dropout, glossaries, other separators, byte-level codes.
using System.Text;
using Galvani.Text.SubwordNmt;

namespace Galvani.Text;

/// <summary>
/// The codes of subword-nmt: cuts the words of a text into pieces and puts them together again. Codes know no ids: those of
/// a text's pieces come from a <see cref="Vocabulary"/>. Immutable, safe for use by several threads.
/// </summary>
public sealed class SubwordNmtModel : Tokenizer
{
    private const string Separator = "@@";
    private const int LargestTextBytes = 1 << 28;

    /// <summary>How much of a word is worked on at once: so little that it stays in a core's cache.</summary>
    private const int WindowBytes = 1 << 16;

    private readonly MergeCodes _codes;
    private readonly VocabularyRestriction? _restriction;

    private SubwordNmtModel(MergeCodes codes, VocabularyRestriction? restriction) => (_codes, _restriction) = (codes, restriction);

    /// <summary>The number of merges.</summary>
    public int MergeCount => _codes.Count;

    /// <summary>Opens a codes file. It is read whole and closed again.</summary>
    /// <exception cref="TokenizerFormatException">The file is not valid codes.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SubwordNmtModel Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Load(ReadFile(path), path);
    }

    /// <summary>Reads codes from memory.</summary>
    /// <param name="codes">The contents of a codes file.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="TokenizerFormatException">The bytes are not valid codes.</exception>
    public static SubwordNmtModel Load(ReadOnlySpan<byte> codes, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new SubwordNmtModel(MergeCodes.Read(codes, name), restriction: null);
    }

    /// <summary>
    /// The same codes restricted to the pieces of a vocabulary file (a piece, a space and its frequency a line): a piece outside
    /// is split again, as far as merges go. Words of one character stay as they are; an empty vocabulary restricts nothing.
    /// </summary>
    /// <param name="vocabularyPath">The file that subword-nmt's <c>get-vocab</c> writes.</param>
    /// <param name="threshold">Rarer pieces do not count as inside; 0 lets all count.</param>
    /// <exception cref="TokenizerFormatException">The file is not a valid vocabulary.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public SubwordNmtModel WithVocabulary(string vocabularyPath, long threshold)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyPath);
        var pieces = PieceFrequencies.Read(ReadFile(vocabularyPath), threshold, vocabularyPath);
        return new SubwordNmtModel(_codes, pieces.Count == 0 ? null : new VocabularyRestriction(_codes, pieces, Separator));
    }

    /// <inheritdoc/>
    /// <remarks>White space at both ends goes, words are what stands between single spaces; <see cref="TokenizedText.Ids"/> is empty.</remarks>
    public override TokenizedText Encode(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LargestTextBytes)
            throw new ArgumentException($"The text has {utf8.Length} bytes, expected at most {LargestTextBytes}: cut it into lines.", nameof(utf8));
        var pieces = new PieceLists();
        EncodeTo(utf8, pieces, WindowBytes, CancellationToken.None);
        return pieces.ToText();
    }

    /// <inheritdoc/>
    public override void EncodeTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        EncodeTo(utf8, receiver, WindowBytes, cancellationToken);
    }

    /// <summary>Hands the pieces of a text on. White space at both ends goes, and then one word after the other, until enough is said to be enough.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="receiver">Takes the pieces.</param>
    /// <param name="windowBytes">How much of a word is worked on at once, where that is enough to be sure of a piece; at least 4.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    internal void EncodeTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver, int windowBytes, CancellationToken cancellationToken)
    {
        var (first, end) = (0, utf8.Length);
        while (first < end && IsSpace(LenientUtf8.First(utf8[first..end], out var length)))
            first += length;
        while (end > first && IsSpace(LenientUtf8.Last(utf8[first..end], out var length)))
            end -= length;
        var words = new WordPieces(_codes, _restriction, Separator, windowBytes, receiver, cancellationToken);
        for (var start = first; start < end;)
        {
            var length = utf8[start..end].IndexOf((byte)' ') is var space and >= 0 ? space : end - start;
            if (length > 0 && !words.Add(utf8.Slice(start, length), start))
                return;
            start += length + 1;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Pieces are joined by spaces; <c>"@@ "</c> and a final <c>"@@"</c> are deleted.</remarks>
    public override string DecodePieces(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var text = string.Join(' ', pieces).Replace(Separator + " ", "", StringComparison.Ordinal);
        return text.EndsWith(Separator, StringComparison.Ordinal) ? text[..^Separator.Length] : text;
    }

    // What Python's str.strip() takes for white space: .NET's, and the four information separators.
    private static bool IsSpace(Rune character) => Rune.IsWhiteSpace(character) || character.Value is >= 0x1C and <= 0x1F;
}
