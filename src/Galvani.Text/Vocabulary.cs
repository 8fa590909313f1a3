using System.Buffers;
using System.Text;
using Galvani.Text.SentencePiece;

namespace Galvani.Text;

/// <summary>
/// The vocabulary of a checkpoint: tokens, each with its index as id, in the file's order. Immutable, safe for use by
/// several threads. Rules as in OpenNMT-py 3: a token outside the vocabulary has the id of <c>&lt;unk&gt;</c>, wherever
/// that stands. A token that is listed twice keeps its first id, as in the toolkit's own look-up table; the
/// rows of the embedding table stay where the list puts them.
/// </summary>
public sealed class Vocabulary
{
    /// <summary>The token that stands for every token outside the vocabulary.</summary>
    public const string Unknown = "<unk>";

    /// <summary>The token that fills batches up.</summary>
    public const string Padding = "<blank>";

    /// <summary>The token before the first of a sentence.</summary>
    public const string Start = "<s>";

    /// <summary>The token behind the last of a sentence.</summary>
    public const string End = "</s>";

    private const int ReportedDuplicates = 3;

    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsByText;

    /// <summary>Creates a vocabulary from the list of a checkpoint; copied.</summary>
    public Vocabulary(IEnumerable<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _tokens = [.. tokens];
        _ids = new Dictionary<string, int>(_tokens.Length, StringComparer.Ordinal);
        _idsByText = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var duplicates = new List<int>();
        for (var id = 0; id < _tokens.Length; id++)
        {
            if (!_ids.TryAdd(_tokens[id], id))
                duplicates.Add(id);
        }

        UnknownId = _ids.GetValueOrDefault(Unknown, -1);
        Problems = FindProblems(duplicates);
    }

    /// <summary>The tokens; the index is the id.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>The number of tokens.</summary>
    public int Count => _tokens.Length;

    /// <summary>The id of <c>&lt;unk&gt;</c>; -1 when the list has none (see <see cref="Problems"/>).</summary>
    public int UnknownId { get; }

    /// <summary>What is wrong with the list, one line each: no tokens, no <c>&lt;unk&gt;</c>, tokens listed twice. Empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Whether the token is in the list.</summary>
    public bool Contains(string token) => _ids.ContainsKey(token);

    /// <summary>The id of a token that is in the list; false when it is not (then <paramref name="id"/> is 0 and means nothing).</summary>
    public bool TryGetId(string token, out int id) => _ids.TryGetValue(token, out id);

    /// <summary>The same for a token that is a part of a longer text, with no string made of it.</summary>
    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _idsByText.TryGetValue(token, out id);

    /// <summary>The id of a token, that of <c>&lt;unk&gt;</c> when it is not in the list. Special tokens are no exception.</summary>
    /// <exception cref="InvalidOperationException">The token is not in the list, and neither is <c>&lt;unk&gt;</c>.</exception>
    public int IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : UnknownIdFor(token);

    /// <summary>The id of a token given as UTF-8, with no string made of it; else as <see cref="IdOf(string)"/>.</summary>
    /// <exception cref="InvalidOperationException">The token is not in the list, and neither is <c>&lt;unk&gt;</c>.</exception>
    public int IdOf(ReadOnlySpan<byte> utf8Token) => TryGetId(utf8Token, out var id) ? id : UnknownId >= 0 ? UnknownId : UnknownIdFor(Encoding.UTF8.GetString(utf8Token));

    /// <summary>
    /// How many of the tokenizer's pieces are in the vocabulary. Pieces that text never becomes (unknown, control, unused) do not
    /// count. Less than all is common (rare pieces are cut off); less than nearly all means that the two do not belong together.
    /// </summary>
    public VocabularyCoverage CoverageOf(SentencePieceModel tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return CoverageOf(tokenizer.File);
    }

    /// <summary>The same of the pieces that a model file lists.</summary>
    internal VocabularyCoverage CoverageOf(ModelFile file)
    {
        var (present, total) = (0, 0);
        for (var id = 0; id < file.Pieces.Length; id++)
        {
            if (file.Pieces[id].Type is PieceType.Unknown or PieceType.Control or PieceType.Unused)
                continue;
            total++;
            present += TryGetId(file.TextOf(id), out _) ? 1 : 0;
        }

        return new VocabularyCoverage(present, total);
    }

    private bool TryGetId(ReadOnlySpan<byte> utf8Token, out int id)
    {
        const int OnStack = 256;
        var rented = utf8Token.Length > OnStack ? ArrayPool<char>.Shared.Rent(utf8Token.Length) : null;
        Span<char> buffer = rented is null ? stackalloc char[OnStack] : rented;
        var text = buffer[..Encoding.UTF8.GetChars(utf8Token, buffer)];
        var found = _idsByText.TryGetValue(text, out id);
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented);
        return found;
    }

    private int UnknownIdFor(string token) => UnknownId >= 0
        ? UnknownId
        : throw new InvalidOperationException($"Token \"{token}\" is not in the vocabulary, and the vocabulary has no {Unknown} to stand for it.");

    private List<string> FindProblems(List<int> duplicates)
    {
        var problems = new List<string>();
        if (_tokens.Length == 0)
            problems.Add("The vocabulary is empty.");
        if (UnknownId < 0)
            problems.Add($"The vocabulary has no {Unknown}: a token outside it has no id.");
        foreach (var id in duplicates.Take(ReportedDuplicates))
            problems.Add($"Token \"{_tokens[id]}\" is listed as {_ids[_tokens[id]]} and as {id}: text gets {_ids[_tokens[id]]}.");
        if (duplicates.Count > ReportedDuplicates)
            problems.Add($"{duplicates.Count - ReportedDuplicates} more tokens are listed twice.");
        return problems;
    }
}
