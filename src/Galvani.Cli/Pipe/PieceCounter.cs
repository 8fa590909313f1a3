using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>Counts pieces up to a number. What comes behind the last that is wanted is asked for, too: the last may go on.</summary>
/// <param name="most">How many are wanted.</param>
internal class PieceCounter(int most) : IPieceReceiver
{
    /// <summary>The pieces so far.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        if (Count == most)
            return false;
        Count++;
        Take(id, utf8, range);
        return true;
    }

    /// <inheritdoc/>
    public virtual bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => true;

    /// <summary>Takes a piece that is wanted.</summary>
    protected virtual void Take(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
    }
}
