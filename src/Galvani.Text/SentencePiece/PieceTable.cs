using System.Globalization;
using System.Text;

namespace Galvani.Text.SentencePiece;

/// <summary>The pieces of a model sorted by what they are for, checked as a whole.</summary>
/// <param name="TextIds">Ids of the pieces that text can become: normal, user-defined and unused ones.</param>
/// <param name="UserDefinedIds">Ids of the user-defined symbols.</param>
/// <param name="Reserved">The other pieces (unknown, control, byte) by their text.</param>
/// <param name="ByteIds">With byte fallback the id of each byte's piece; else empty.</param>
/// <param name="UnknownId">The id of the unknown piece.</param>
internal sealed record PieceTable(int[] TextIds, int[] UserDefinedIds, Dictionary<string, int> Reserved, int[] ByteIds, int UnknownId)
{
    /// <summary>Sorts the pieces of <paramref name="file"/>.</summary>
    /// <exception cref="TokenizerFormatException">Not exactly one unknown piece, a duplicate, or bytes that do not fit the byte fallback setting.</exception>
    public static PieceTable Read(ModelFile file)
    {
        var textIds = new List<int>(file.Pieces.Length);
        var userDefinedIds = new List<int>();
        var reserved = new Dictionary<string, int>();
        var byteIds = file.ByteFallback ? new int[256] : [];
        byteIds.AsSpan().Fill(-1);
        var unknownId = -1;
        for (var id = 0; id < file.Pieces.Length; id++)
        {
            var piece = file.Pieces[id];
            if (piece.Type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused)
            {
                textIds.Add(id);
                if (piece.Type == PieceType.UserDefined)
                    userDefinedIds.Add(id);
                continue;
            }

            var text = Encoding.UTF8.GetString(file.TextOf(id));
            if (!reserved.TryAdd(text, id))
                throw new TokenizerFormatException($"Piece {id} has the same text as piece {reserved[text]}.", file.Path, piece.Start);
            if (piece.Type == PieceType.Byte)
                AddByte(file, id, text, byteIds);
            if (piece.Type != PieceType.Unknown)
                continue;
            if (unknownId >= 0)
                throw new TokenizerFormatException($"Pieces {unknownId} and {id} are both of the unknown type, expected one.", file.Path, piece.Start);
            unknownId = id;
        }

        if (unknownId < 0)
            throw new TokenizerFormatException("No piece is of the unknown type, expected one.", file.Path, 0);
        if (byteIds.AsSpan().IndexOf(-1) is var missing and >= 0)
            throw new TokenizerFormatException($"Byte fallback is on, but there is no piece <0x{missing:X2}>.", file.Path, 0);
        if (file.ModelType == SentencePieceModelType.Unigram && textIds.Count == 0)
            throw new TokenizerFormatException("A unigram model without normal pieces.", file.Path, 0);
        return new PieceTable([.. textIds], [.. userDefinedIds], reserved, byteIds, unknownId);
    }

    private static void AddByte(ModelFile file, int id, string text, int[] byteIds)
    {
        if (!file.ByteFallback)
            throw new TokenizerFormatException($"Piece {id} is a byte, but byte fallback is off.", file.Path, file.Pieces[id].Start);
        if (!TryParseByte(text, out var value))
            throw new TokenizerFormatException($"Byte piece {id} is not <0x00> to <0xFF>.", file.Path, file.Pieces[id].Start);
        byteIds[value] = id;
    }

    private static bool TryParseByte(string text, out byte value)
    {
        value = 0;
        return text.Length == 6
            && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && text == $"<0x{value:X2}>";
    }
}
