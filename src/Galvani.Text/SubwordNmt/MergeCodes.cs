// The codes file of subword-nmt (rsennrich/subword-nmt, apply_bpe.py): an optional line "#version: 0.2", then one merge a line,
// its two sides separated by a space, best merge first. Version 0.1, the one without the line, treats the end of a word
// "</w>" as a symbol of its own; 0.2 glues it to the last character.
using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Galvani.Text.SubwordNmt;

/// <summary>The merges of a codes file: symbols are numbered, a merge is a pair of numbers with a rank and a result.</summary>
internal sealed class MergeCodes
{
    /// <summary>The end of a word, as the codes write it.</summary>
    public const string EndOfWord = "</w>";

    /// <summary>Several times the largest in use; a merge takes up to 400 bytes of memory.</summary>
    private const int MostMerges = 500_000;

    /// <summary>The longest piece that a merge may make, in bytes: longer than any word there is. What a word's beginning becomes is sure within a few times as much.</summary>
    private const int LongestPiece = 1 << 20;

    private readonly Dictionary<string, int> _symbols = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];
    private readonly Dictionary<int, int> _characters = [];
    private readonly Dictionary<(int Left, int Right), Merge> _merges = []; // a tuple's hash is seeded: that of a number made of both is the same for as many pairs as a file likes
    private readonly Dictionary<int, (int Left, int Right)> _splits = [];

    private readonly Lazy<MergesAcross> _across;

    private MergeCodes(bool endIsOwnSymbol)
    {
        EndIsOwnSymbol = endIsOwnSymbol;
        _across = new(() => new MergesAcross(_merges, _texts));
    }

    /// <summary>What a pair of symbols becomes, and how soon: the smallest rank first.</summary>
    internal readonly record struct Merge(int Rank, int Result);

    /// <summary>Version 0.1: the end of a word is a symbol of its own.</summary>
    public bool EndIsOwnSymbol { get; }

    /// <summary>The number of merges.</summary>
    public int Count => _merges.Count;

    /// <summary>Reads a codes file.</summary>
    /// <exception cref="TokenizerFormatException">Not UTF-8, an unknown version, a line that is not two words, a piece of more than 1 MiB, or more than 500 000 merges.</exception>
    public static MergeCodes Read(ReadOnlySpan<byte> bytes, string path)
    {
        var body = bytes.TrimEnd((byte)'\n');
        var bodyEnd = body.Length;
        var version = ReadVersion(ref body, path);
        var codes = new MergeCodes(endIsOwnSymbol: version == 1);
        var pairs = new List<(int Left, int Right)>();
        foreach (var range in body.Split((byte)'\n'))
        {
            var line = body[range].Trim("\r\n "u8);
            var offset = bodyEnd - body.Length + range.Start.GetOffset(body.Length);
            if (pairs.Count == MostMerges)
                throw new TokenizerFormatException($"There are more than {MostMerges} merges.", path, offset);
            var space = line.IndexOf((byte)' ');
            if (space < 0 || line.LastIndexOf((byte)' ') != space)
                throw new TokenizerFormatException($"Merge {pairs.Count} is not two words with a space between: this is text, but not the merge codes of subword-nmt, and no SentencePiece model (.model).", path, offset);
            if (line.Length - 1 > LongestPiece)
                throw new TokenizerFormatException($"Merge {pairs.Count} makes a piece of {line.Length - 1} bytes, expected at most {LongestPiece}.", path, offset);
            if (!Utf8.IsValid(line))
                throw new TokenizerFormatException($"Merge {pairs.Count} is not UTF-8.", path, offset);
            pairs.Add((codes.Intern(Encoding.UTF8.GetString(line[..space])), codes.Intern(Encoding.UTF8.GetString(line[(space + 1)..]))));
        }

        codes.Add(pairs);
        return codes;
    }

    /// <summary>The number of a symbol; -1 when no merge knows it.</summary>
    public int SymbolOf(string text) => _symbols.GetValueOrDefault(text, -1);

    /// <summary>The number of a character; -1 when no merge knows it.</summary>
    public int SymbolOf(Rune character) => _characters.GetValueOrDefault(character.Value, -1);

    /// <summary>The number of a word's last character, to which the end of the word is glued; -1 when no merge knows it.</summary>
    public int SymbolOfLast(Rune character)
    {
        Span<char> text = stackalloc char[2 + EndOfWord.Length];
        var length = character.EncodeToUtf16(text);
        EndOfWord.CopyTo(text[length..]);
        return _symbols.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..(length + EndOfWord.Length)], out var symbol) ? symbol : -1;
    }

    /// <summary>The merge of two neighbours; false when there is none.</summary>
    public bool TryGetMerge(int left, int right, out Merge merge)
    {
        merge = default;
        return left >= 0 && right >= 0 && _merges.TryGetValue((left, right), out merge);
    }

    /// <summary>The best rank of the merges of a symbol with any that another, which may grow, can become; false when there is none. See <see cref="MergesAcross"/>.</summary>
    /// <param name="left">The symbol.</param>
    /// <param name="right">The other; -1 when no merge knows it.</param>
    /// <param name="following">What is known of the text that begins with the other.</param>
    /// <param name="stepsLeft">How many characters may be looked at.</param>
    /// <param name="rank">Gets the rank.</param>
    public bool TryGetBestAcross(int left, int right, ReadOnlySpan<byte> following, ref long stepsLeft, out int rank)
        => _across.Value.TryGetBest(left, following, right < 0 ? 1 : _across.Value.LengthOf(right), ref stepsLeft, out rank);

    /// <summary>The two sides that a symbol was merged from; false when it is none that a merge makes.</summary>
    public bool TryGetSplit(string text, out (string Left, string Right) sides)
    {
        var isSplit = _splits.TryGetValue(SymbolOf(text), out var symbols);
        sides = isSplit ? (_texts[symbols.Left], _texts[symbols.Right]) : default;
        return isSplit;
    }

    // A pair listed twice has the rank of its first line. A symbol that several pairs make is split into the one that stands first,
    // where a pair listed twice stands at its last line: the order of the original's dictionary.
    private void Add(List<(int Left, int Right)> pairs)
    {
        for (var rank = 0; rank < pairs.Count; rank++)
        {
            var (left, right) = pairs[rank];
            _merges.TryAdd((left, right), new Merge(rank, Intern(_texts[left] + _texts[right])));
        }

        var seen = new HashSet<(int Left, int Right)>();
        for (var rank = pairs.Count - 1; rank >= 0; rank--)
        {
            if (seen.Add(pairs[rank]))
                _splits[_merges[pairs[rank]].Result] = pairs[rank];
        }
    }

    private int Intern(string text)
    {
        if (_symbols.TryGetValue(text, out var symbol))
            return symbol;
        symbol = _texts.Count;
        _texts.Add(text);
        if (Rune.DecodeFromUtf16(text, out var character, out var length) == OperationStatus.Done && length == text.Length)
            _characters.Add(character.Value, symbol);
        return _symbols[text] = symbol;
    }

    // The minor version, 1 or 2; the version line goes.
    private static int ReadVersion(ref ReadOnlySpan<byte> body, string path)
    {
        if (!body.StartsWith("#version:"u8))
            return 1;
        var end = body.IndexOf((byte)'\n');
        var line = Encoding.UTF8.GetString(end < 0 ? body : body[..end]).TrimEnd();
        body = end < 0 ? [] : body[(end + 1)..];
        return line["#version:".Length..].Trim() switch
        {
            "0.1" => 1,
            "0.2" => 2,
            var other => throw new TokenizerFormatException($"The codes are of version \"{other}\", expected 0.1 or 0.2.", path, 0),
        };
    }
}
