// A SentencePiece model file: a protocol buffer with fields 1 pieces, 2 trainer settings, 3 normaliser, 5 denormaliser.
// Everything else in it (the training record, self-test samples) does not change what the model does and is stepped over.
using System.Text;

namespace Galvani.Text.SentencePiece;

/// <summary>The checked contents of a model file: after <see cref="Read"/> every later step may rely on them.</summary>
internal sealed class ModelFile
{
    private const int LargestPieceCount = 1 << 22;
    private const int LargestPieceBytes = 1 << 12;

    // Sums of scores stay finite for every text we accept (2^28 characters).
    private const float LargestScore = 1e30f;


    private ModelFile(byte[] bytes, string path) => (Bytes, Path) = (bytes, path);

    /// <summary>One piece; <c>Start</c> and <c>Length</c> are the range of its UTF-8 text in the file.</summary>
    internal readonly record struct PieceRecord(int Start, int Length, float Score, PieceType Type);

    /// <summary>The whole file.</summary>
    public byte[] Bytes { get; }

    /// <summary>The file, or the name that the caller gave.</summary>
    public string Path { get; }

    /// <summary>The pieces; the index is the id.</summary>
    public PieceRecord[] Pieces { get; private set; } = [];

    /// <summary>How text is cut.</summary>
    public SentencePieceModelType ModelType { get; private set; } = SentencePieceModelType.Unigram;

    /// <summary>Whether white space belongs to the word before it.</summary>
    public bool TreatWhitespaceAsSuffix { get; private set; }

    /// <summary>Whether unknown text becomes its bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>What the unknown piece decodes to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    /// <summary>How text is normalised before it is cut.</summary>
    public NormalizerSpec Normalizer { get; private set; } = new();

    /// <summary>How decoded text is normalised; null when it is not.</summary>
    public NormalizerSpec? Denormalizer { get; private set; }

    /// <summary>The UTF-8 text of a piece.</summary>
    public ReadOnlySpan<byte> TextOf(int id) => Bytes.AsSpan(Pieces[id].Start, Pieces[id].Length);

    /// <summary>Reads and checks a model.</summary>
    /// <exception cref="TokenizerFormatException">The bytes are no valid SentencePiece model.</exception>
    public static ModelFile Read(byte[] bytes, string path)
    {
        try
        {
            return ReadModel(bytes, path);
        }
        catch (TokenizerFormatException) when (ForeignFile.Recognise(bytes) is { } kind)
        {
            throw new TokenizerFormatException($"This is {kind}; expected a SentencePiece model (.model) or the merge codes of subword-nmt.", path, 0);
        }
    }

    private static ModelFile ReadModel(byte[] bytes, string path)
    {
        var file = new ModelFile(bytes, path);
        var pieces = new List<PieceRecord>();
        var reader = new ProtobufReader(bytes, 0, bytes.Length, path);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1:
                    pieces.Add(file.ReadPiece(reader.ReadMessage(), reader.FieldStart, pieces.Count));
                    break;
                case 2:
                    file.ReadTrainer(reader.ReadMessage());
                    break;
                case 3:
                    file.Normalizer = ReadNormalizer(reader.ReadMessage(), file.Normalizer);
                    break;
                case 5:
                    file.Denormalizer = ReadNormalizer(reader.ReadMessage(), file.Denormalizer ?? new NormalizerSpec());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (pieces.Count == 0)
            reader.Fail("The file has no pieces, expected a SentencePiece model.", bytes.Length);
        file.Pieces = [.. pieces];
        return file;
    }

    private PieceRecord ReadPiece(ProtobufReader reader, int offset, int id)
    {
        var (start, length, score, type) = (offset, 0, 0f, (int)PieceType.Normal);
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 1:
                    (start, length) = reader.ReadRange();
                    break;
                case 2:
                    score = reader.ReadSingle();
                    break;
                case 3:
                    type = reader.ReadEnum((int)PieceType.Byte);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        var piece = new PieceRecord(start, length, score, (PieceType)type);
        CheckPiece(reader, piece, offset, id);
        return piece;
    }

    private void CheckPiece(ProtobufReader reader, PieceRecord piece, int offset, int id)
    {
        var text = Bytes.AsSpan(piece.Start, piece.Length);
        if (id == LargestPieceCount)
            reader.Fail($"More than {LargestPieceCount} pieces.", offset);
        if (piece.Length is 0 or > LargestPieceBytes)
            reader.Fail($"Piece {id} has {piece.Length} bytes of text, expected 1 to {LargestPieceBytes}.", offset);
        if (!System.Text.Unicode.Utf8.IsValid(text) || text.Contains((byte)0))
            reader.Fail($"The text of piece {id} is not UTF-8 without NUL.", piece.Start);
        if (piece.Type == 0)
            reader.Fail($"Piece {id} has type 0, expected 1 to {(int)PieceType.Byte}.", offset);
        if (!(MathF.Abs(piece.Score) <= LargestScore))
            reader.Fail(FormattableString.Invariant($"Piece {id} has score {piece.Score}, expected a number from -1e30 to 1e30."), offset);
    }

    private void ReadTrainer(ProtobufReader reader)
    {
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 3:
                    ModelType = (SentencePieceModelType)reader.ReadEnum((int)SentencePieceModelType.Char);
                    if (ModelType == 0)
                        reader.Fail("Model type 0, expected 1 (unigram), 2 (BPE), 3 (word) or 4 (char).", reader.FieldStart);
                    break;
                case 24:
                    TreatWhitespaceAsSuffix = reader.ReadBoolean();
                    break;
                case 35:
                    ByteFallback = reader.ReadBoolean();
                    break;
                case 44:
                    var (start, length) = reader.ReadRange();
                    UnknownSurface = ReadSurface(Bytes.AsSpan(start, length));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    // The reference hands the surface on as a C string: it ends at the first NUL.
    private static string ReadSurface(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private static NormalizerSpec ReadNormalizer(ProtobufReader reader, NormalizerSpec spec)
    {
        while (reader.MoveNext())
        {
            switch (reader.Field)
            {
                case 2:
                    var (start, length) = reader.ReadRange();
                    spec = spec with { MapStart = start, MapLength = length };
                    break;
                case 3:
                    spec = spec with { AddDummyPrefix = reader.ReadBoolean() };
                    break;
                case 4:
                    spec = spec with { RemoveExtraWhitespaces = reader.ReadBoolean() };
                    break;
                case 5:
                    spec = spec with { EscapeWhitespaces = reader.ReadBoolean() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return spec;
    }
}
