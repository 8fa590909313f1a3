using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Galvani.Text;

namespace Galvani;

/// <summary>Takes ready-made pieces off a line one by one, without a string for any that the vocabulary has.</summary>
/// <param name="vocabulary">The vocabulary.</param>
/// <param name="tokens">Looks pieces up in it that it may lack.</param>
internal sealed class GivenPieces(Vocabulary vocabulary, KnownTokens tokens)
{
    private char[] characters = new char[64];

    /// <summary>Hands pieces on.</summary>
    /// <param name="utf8">Pieces, each separated from the next by one space; there is one between two spaces, too, which is empty.</param>
    /// <param name="receiver">Takes them.</param>
    public void Send(ReadOnlySpan<byte> utf8, IPieceReceiver receiver)
    {
        foreach (var range in utf8.Split((byte)' '))
        {
            if (!Send(receiver, utf8[range]))
                return;
        }
    }

    private bool Send(IPieceReceiver receiver, ReadOnlySpan<byte> piece)
    {
        if (!Utf8.IsValid(piece))
            piece = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(piece)); // broken bytes are U+FFFD
        if (characters.Length < piece.Length)
            characters = new char[piece.Length];
        if (Utf8.ToUtf16(piece, characters, out _, out var length) == OperationStatus.Done && vocabulary.TryGetId(characters.AsSpan(0, length), out var id))
            return receiver.Add(id, piece, default);
        return receiver.Add(tokens.IdOf(Encoding.UTF8.GetString(piece)), piece, default);
    }
}
