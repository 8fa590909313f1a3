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
        var (characters, starts) = ReadCharacters(utf8);
        var (first, end) = (0, characters.Count);
        while (first < end && IsSpace(characters[first]))
            first++;
        while (end > first && IsSpace(characters[end - 1]))
            end--;

        var (pieces, offsets) = (new List<string>(), new List<TextRange>());
        var segmenter = new WordSegmenter(_codes);
        for (var start = first; start < end;)
        {
            var length = characters.IndexOf(" ", start, end - start) is var space and >= 0 ? space - start : end - start;
            if (length > 0)
                AppendWord(segmenter, characters.GetRange(start, length), starts.GetRange(start, length + 1), pieces, offsets);
            start += length + 1;
        }

        return new TokenizedText([.. pieces], [], [.. offsets]);
    }

    /// <inheritdoc/>
    /// <remarks>Pieces are joined by spaces; <c>"@@ "</c> and a final <c>"@@"</c> are deleted.</remarks>
    public override string DecodePieces(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var text = string.Join(' ', pieces).Replace(Separator + " ", "", StringComparison.Ordinal);
        return text.EndsWith(Separator, StringComparison.Ordinal) ? text[..^Separator.Length] : text;
    }

    private void AppendWord(WordSegmenter segmenter, List<string> characters, List<int> starts, List<string> pieces, List<TextRange> offsets)
    {
        var word = segmenter.Segment(characters.ToArray());
        if (_restriction is not null && characters.Count > 1)
            word = _restriction.Apply(word);
        var position = 0;
        for (var i = 0; i < word.Count; i++)
        {
            var start = position;
            for (var length = 0; length < word[i].Length && position < characters.Count; position++)
                length += characters[position].Length;
            pieces.Add(i < word.Count - 1 ? word[i] + Separator : word[i]);
            offsets.Add(new TextRange(starts[start], starts[position]));
        }
    }

    // The characters as one string each, and where each starts in the bytes, with one more entry for the end.
    private static (List<string> Characters, List<int> Starts) ReadCharacters(ReadOnlySpan<byte> utf8)
    {
        var (characters, starts) = (new List<string>(utf8.Length), new List<int>(utf8.Length + 1));
        for (var i = 0; i < utf8.Length;)
        {
            starts.Add(i);
            var isValid = Rune.DecodeFromUtf8(utf8[i..], out var rune, out var consumed) == OperationStatus.Done;
            characters.Add(rune.ToString());
            i += isValid ? consumed : 1;
        }

        starts.Add(utf8.Length);
        return (characters, starts);
    }

    // What Python's str.strip() takes for white space: .NET's, and the four information separators.
    private static bool IsSpace(string character) => char.IsWhiteSpace(character[0]) || character[0] is >= '\x1C' and <= '\x1F';
}
