using Galvani.Text;

namespace Galvani;

/// <summary>Hands pieces of a part of a line on, their ranges being those of the line.</summary>
/// <param name="receiver">Takes the pieces.</param>
/// <param name="offset">Where the part begins in the line.</param>
/// <param name="place">From a position in the part to one in the line, less the offset; null where it is the same.</param>
internal sealed class PieceRelay(IPieceReceiver receiver, int offset, Func<int, int>? place = null) : IPieceReceiver
{
    /// <summary>Whether more is wanted.</summary>
    public bool WantsMore { get; private set; } = true;

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range) => WantsMore = receiver.Add(id, utf8, new TextRange(Place(range.Start), Place(range.End)));

    /// <inheritdoc/>
    public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => WantsMore = receiver.Extend(utf8, Place(rangeEnd));

    private int Place(int position) => offset + (place is null ? position : place(position));
}
