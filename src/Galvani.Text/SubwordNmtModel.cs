// Byte pair encoding as subword-nmt does it (rsennrich/subword-nmt): words between spaces, merges from a codes file, "@@" behind
// every piece that does not end its word. Exact to apply_bpe.py in both versions of the codes, with its vocabulary threshold.
// Left out: learning codes, merge dropout, glossaries, other separators, byte-level codes.
using System.Buffers;
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
        var (pieces, offsets) = (new List<string>(), new List<TextRange>());
        EncodeWords(utf8, (piece, range) =>
        {
            pieces.Add(piece);
            offsets.Add(range);
            return true;
        });
        return new TokenizedText([.. pieces], [], [.. offsets]);
    }

    /// <inheritdoc/>
    public override void EncodeTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        EncodeWords(utf8, (piece, range) => receiver.Add(-1, Encoding.UTF8.GetBytes(piece), range));
    }

    /// <inheritdoc/>
    /// <remarks>Pieces are joined by spaces; <c>"@@ "</c> and a final <c>"@@"</c> are deleted.</remarks>
    public override string DecodePieces(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var text = string.Join(' ', pieces).Replace(Separator + " ", "", StringComparison.Ordinal);
        return text.EndsWith(Separator, StringComparison.Ordinal) ? text[..^Separator.Length] : text;
    }

    // Takes white space off both ends, then one word after the other, until enough is said to be enough.
    private void EncodeWords(ReadOnlySpan<byte> utf8, Func<string, TextRange, bool> add)
    {
        var (first, end) = (0, utf8.Length);
        while (first < end && IsSpace(FirstOf(utf8[first..end], out var length)))
            first += length;
        while (end > first && IsSpace(LastOf(utf8[first..end], out var length)))
            end -= length;
        var segmenter = new WordSegmenter(_codes);
        for (var start = first; start < end;)
        {
            var length = utf8[start..end].IndexOf((byte)' ') is var space and >= 0 ? space : end - start;
            if (length > 0 && !AddWord(segmenter, utf8.Slice(start, length), start, add))
                return;
            start += length + 1;
        }
    }

    private bool AddWord(WordSegmenter segmenter, ReadOnlySpan<byte> utf8, int offset, Func<string, TextRange, bool> add)
    {
        var (characters, starts) = ReadCharacters(utf8);
        var word = segmenter.Segment(characters.ToArray());
        if (_restriction is not null && characters.Count > 1)
            word = _restriction.Apply(word);
        var position = 0;
        for (var i = 0; i < word.Count; i++)
        {
            var start = position;
            for (var length = 0; length < word[i].Length && position < characters.Count; position++)
                length += characters[position].Length;
            if (!add(i < word.Count - 1 ? word[i] + Separator : word[i], new TextRange(offset + starts[start], offset + starts[position])))
                return false;
        }

        return true;
    }

    private static Rune FirstOf(ReadOnlySpan<byte> utf8, out int length)
    {
        var isValid = Rune.DecodeFromUtf8(utf8, out var rune, out length) == OperationStatus.Done;
        length = isValid ? length : 1;
        return rune;
    }

    private static Rune LastOf(ReadOnlySpan<byte> utf8, out int length)
    {
        var isValid = Rune.DecodeLastFromUtf8(utf8, out var rune, out length) == OperationStatus.Done;
        length = isValid ? length : 1;
        return rune;
    }

    // The characters as one string each, and where each starts in the bytes, with one more entry for the end.
    private static (List<string> Characters, List<int> Starts) ReadCharacters(ReadOnlySpan<byte> utf8)
    {
        var (characters, starts) = (new List<string>(utf8.Length), new List<int>(utf8.Length + 1));
        for (var i = 0; i < utf8.Length;)
        {
            starts.Add(i);
            var rune = FirstOf(utf8[i..], out var length);
            characters.Add(rune.ToString());
            i += length;
        }

        starts.Add(utf8.Length);
        return (characters, starts);
    }

    // What Python's str.strip() takes for white space: .NET's, and the four information separators.
    private static bool IsSpace(Rune character) => Rune.IsWhiteSpace(character) || character.Value is >= 0x1C and <= 0x1F;
}
