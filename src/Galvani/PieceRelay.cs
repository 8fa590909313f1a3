using Galvani.Text;

namespace Galvani;

/// <summary>Hands pieces of a part of a line on, their ranges being those of the line.</summary>
/// <param name="receiver">Takes the pieces.</param>
/// <param name="place">From a position in the part to one in the line.</param>
internal sealed class PieceRelay(IPieceReceiver receiver, Func<int, int> place) : IPieceReceiver
{
    /// <summary>Whether more is wanted.</summary>
    public bool WantsMore { get; private set; } = true;

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range) => WantsMore = receiver.Add(id, utf8, new TextRange(place(range.Start), place(range.End)));

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => WantsMore = receiver.Extend(utf8, place(rangeEnd));
}
