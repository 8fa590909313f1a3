// A SentencePiece model: opening, and looking pieces up. Encoding and decoding are in the partial files beside this one.
// Exact to the reference runtime (google/sentencepiece 0.1.97) in ids, pieces, offsets and decoded text.
// Left out: training, sampling, n-best, and the extra options of its command line (bos, eos, reverse).
using System.Text;
using Galvani.Text.SentencePiece;

namespace Galvani.Text;

/// <summary>
/// A SentencePiece model (unigram, BPE, word or char): cuts text into pieces with ids and puts pieces together again.
/// Immutable, safe for use by several threads; what a call needs to remember is in a <see cref="SentencePieceWorkspace"/>.
/// </summary>
public sealed partial class SentencePieceModel : Tokenizer
{
    private readonly ModelFile _file;
    private readonly PieceTrie _trie;
    private readonly Dictionary<string, int> _reserved;
    private readonly int[] _byteIds;
    private readonly string?[] _pieces;
    private readonly Normalizer _normalizer;
    private readonly Normalizer? _denormalizer;
    private readonly PieceEncoder _encoder;

    private SentencePieceModel(ModelFile file)
    {
        _file = file;
        _pieces = new string?[file.Pieces.Length];
        var table = PieceTable.Read(file);
        (_reserved, _byteIds, UnknownId) = (table.Reserved, table.ByteIds, table.UnknownId);
        _trie = PieceTrieBuilder.Build(file, table.TextIds);
        var userDefined = table.UserDefinedIds.Length == 0 ? null : PieceTrieBuilder.Build(file, table.UserDefinedIds);
        _normalizer = new Normalizer(
            CharacterMap.Read(file, file.Normalizer), file.Normalizer, file.TreatWhitespaceAsSuffix, userDefined, FirstCodePoints(table.UserDefinedIds));
        if (file.Denormalizer is { MapLength: > 0 } denormalizer)
        {
            _denormalizer = new Normalizer(
                CharacterMap.Read(file, denormalizer), denormalizer, treatWhitespaceAsSuffix: false, userDefined: null, userDefinedFirst: []);
        }

        _encoder = ModelType switch
        {
            SentencePieceModelType.Unigram => new UnigramEncoder(file, _trie, table.TextIds, UnknownId),
            SentencePieceModelType.Bpe => new BpeEncoder(file, _trie, userDefined, table.TextIds, UnknownId),
            SentencePieceModelType.Word => new WordEncoder(_trie, UnknownId),
            _ => new CharEncoder(_trie, userDefined, UnknownId),
        };
    }

    /// <summary>The number of pieces; ids are 0 to this less 1.</summary>
    public int PieceCount => _pieces.Length;

    /// <summary>How the model cuts text.</summary>
    public SentencePieceModelType ModelType => _file.ModelType;

    /// <summary>The id of the unknown piece.</summary>
    public int UnknownId { get; }

    /// <summary>Whether unknown text becomes the pieces of its UTF-8 bytes instead of the unknown piece.</summary>
    public bool UsesByteFallback => _file.ByteFallback;

    /// <summary>What the unknown piece decodes to: <c>" ⁇ "</c> unless the model says otherwise.</summary>
    public string UnknownSurface => _file.UnknownSurface;

    /// <summary>The checked contents of the file.</summary>
    internal ModelFile File => _file;

    /// <summary>Opens a model file. It is read whole and closed again.</summary>
    /// <exception cref="TokenizerFormatException">The file is no valid SentencePiece model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SentencePieceModel Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SentencePieceModel(ModelFile.Read(ReadFile(path), path));
    }

    /// <summary>Reads a model from memory.</summary>
    /// <param name="model">The contents of a model file; copied.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="TokenizerFormatException">The bytes are no valid SentencePiece model.</exception>
    public static SentencePieceModel Load(ReadOnlySpan<byte> model, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new SentencePieceModel(ModelFile.Read(model.ToArray(), name));
    }

    /// <summary>The text of a piece.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="id"/> is not an id of this model.</exception>
    public string PieceAt(int id)
    {
        CheckId(id);
        return _pieces[id] ??= Encoding.UTF8.GetString(_file.TextOf(id));
    }

    /// <summary>The score of a piece: the logarithm of its probability (unigram) or minus its rank (BPE).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="id"/> is not an id of this model.</exception>
    public float ScoreAt(int id)
    {
        CheckId(id);
        return _file.Pieces[id].Score;
    }

    /// <summary>What a piece is for.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="id"/> is not an id of this model.</exception>
    public PieceType TypeAt(int id)
    {
        CheckId(id);
        return _file.Pieces[id].Type;
    }

    /// <summary>Looks a piece up by its text; false when the model has no such piece.</summary>
    public bool TryGetId(string piece, out int id)
    {
        ArgumentNullException.ThrowIfNull(piece);
        if (_reserved.TryGetValue(piece, out id))
            return true;
        id = _trie.Find(Encoding.UTF8.GetBytes(piece));
        return id >= 0;
    }

    private void CheckId(int id)
    {
        if ((uint)id >= (uint)_pieces.Length)
            throw new ArgumentOutOfRangeException(nameof(id), id, $"Expected a piece id from 0 to {_pieces.Length - 1}.");
    }

    private int[] FirstCodePoints(int[] ids) => Array.ConvertAll(ids, id =>
    {
        var position = 0;
        return Utf8Text.Read(_file.TextOf(id), ref position);
    });
}
