using Galvani.Embeddings;
using Galvani.Text;

namespace Galvani.Cli.Pipe;

/// <summary>
/// The vector of a line that may be longer than the limit, from ids that come one by one and are not kept: of what is left when it is cut, or the mean over all tokens of its parts, each of which has
/// the positions of a line. For one line.
/// </summary>
/// <param name="encoder">Makes the vectors; ids alone suffice.</param>
/// <param name="limit">The limit.</param>
internal sealed class LongLineVector(SentenceEncoder encoder, LineLimit limit) : IPieceReceiver
{
    private readonly RunningVector part = new(encoder);
    private readonly float[] vectorOfPart = new float[encoder.Width];
    private readonly WeightedMean mean = new(encoder.Width); // of the finished parts' vectors, each counting as often as it has ids

    /// <summary>The number of the line's ids so far.</summary>
    public int Count { get; private set; }

    /// <summary>Takes an id. Those of a line that is too long and not split are counted alone, from the limit on.</summary>
    public void Add(int id)
    {
        Count++;
        if (part.Count == limit.Maximum)
        {
            if (!limit.IsSplit)
                return;
            FinishPart();
        }

        part.Add(id);
    }

    /// <summary>Ends the line.</summary>
    /// <param name="vector">Overwritten; zeros for no ids.</param>
    public void Finish(Span<float> vector)
    {
        if (!limit.IsSplit || !limit.IsExceededBy(Count))
        {
            part.Finish(vector);
            return;
        }

        FinishPart();
        mean.CopyTo(vector);
    }

    /// <inheritdoc/>
    bool IPieceReceiver.Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        Add(id);
        return true;
    }

    /// <inheritdoc/>
    bool IPieceReceiver.Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => true;

    private void FinishPart()
    {
        var count = part.Count;
        part.Finish(vectorOfPart);
        mean.Add(vectorOfPart, count);
    }
}
