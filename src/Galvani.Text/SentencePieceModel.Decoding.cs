using System.Buffers;
using System.Globalization;
using System.Text;
using Galvani.Text.SentencePiece;

namespace Galvani.Text;

public sealed partial class SentencePieceModel
{
    private const string Space = "\u2581";

    /// <summary>
    /// Puts ids together to text: U+2581 becomes a space, the dummy one in front goes; control pieces give nothing, the
    /// unknown piece gives <see cref="UnknownSurface"/>, runs of byte pieces the text they encode (U+FFFD for each byte that does not).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not one of this model.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var decoding = new Decoding(this);
        foreach (var id in ids)
            decoding.Append(PieceAt(id), id);
        return decoding.Finish();
    }

    /// <summary>
    /// Puts pieces together to text as <see cref="Decode"/> does. A string that is no piece of this model is copied as it is,
    /// U+2581 included: so OpenNMT's own tokens (<c>&lt;blank&gt;</c>) and copied words stay visible.
    /// </summary>
    public override string DecodePieces(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var decoding = new Decoding(this);
        foreach (var piece in pieces)
            decoding.Append(piece, TryGetId(piece, out var id) ? id : -1);
        return decoding.Finish();
    }

    private string Denormalize(string text)
    {
        if (_denormalizer is null)
            return text;
        var normalized = new NormalizedText();
        _denormalizer.Normalize(Encoding.UTF8.GetBytes(text), normalized);
        return Encoding.UTF8.GetString(normalized.Text);
    }

    /// <summary>One text being put together, piece by piece.</summary>
    private sealed class Decoding(SentencePieceModel model)
    {
        private readonly StringBuilder _text = new();
        private readonly ArrayBufferWriter<byte> _bytes = new();
        private bool _atStart = true;
        private bool _spaceDropped;

        public void Append(string piece, int id)
        {
            var type = id < 0 ? default : model.TypeAt(id);
            if (type == PieceType.Byte)
            {
                _bytes.Write([byte.Parse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)]);
                return;
            }

            FlushBytes();
            _atStart &= !_spaceDropped && _text.Length == 0;
            _spaceDropped = false;
            if (id < 0)
                _text.Append(piece);
            else if (type == PieceType.Unknown)
                _text.Append(model.UnknownSurface);
            else if (type != PieceType.Control)
                AppendVisible(piece);
        }

        public string Finish()
        {
            FlushBytes();
            return model.Denormalize(_text.ToString());
        }

        // With removal of extra white space every piece in front of the first text loses its white space, else one piece.
        private void AppendVisible(string piece)
        {
            var settings = model._file.Normalizer;
            if (_atStart && (settings.AddDummyPrefix || settings.RemoveExtraWhitespaces) && piece.StartsWith(Space, StringComparison.Ordinal))
            {
                piece = piece[Space.Length..];
                _spaceDropped = !settings.RemoveExtraWhitespaces;
            }

            _text.Append(piece.Replace(Space, " ", StringComparison.Ordinal));
        }

        private void FlushBytes()
        {
            Span<char> characters = stackalloc char[2];
            for (var rest = _bytes.WrittenSpan; !rest.IsEmpty;)
            {
                var isValid = Rune.DecodeFromUtf8(rest, out var rune, out var consumed) == OperationStatus.Done;
                _text.Append(characters[..rune.EncodeToUtf16(characters)]);
                rest = rest[(isValid ? consumed : 1)..];
            }

            _bytes.ResetWrittenCount();
        }
    }
}
