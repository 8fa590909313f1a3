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
    private const int LongestShortPart = 64; // tokens: of longer parts each is work enough by itself
    private const int IdsAtOnce = 8 * LongestShortPart;

    private readonly RunningVector part = new(encoder);
    private readonly float[] vectorOfPart = new float[encoder.Width];
    private readonly WeightedMean mean = new(encoder.Width); // of the finished parts' vectors, each counting as often as it has ids
    private readonly int[] shortParts = limit is { IsSplit: true, Maximum: <= LongestShortPart and var length } ? new int[IdsAtOnce / length * length] : []; // ids of whole parts, whose vectors are made together
    private int waitingCount; // ids in it: at least one, once there are any

    /// <summary>The number of the line's ids so far.</summary>
    public int Count { get; private set; }

    /// <summary>Takes an id. Those of a line that is too long and not split are counted alone, from the limit on.</summary>
    public void Add(int id)
    {
        Count++;
        if (shortParts.Length > 0)
        {
            AddToParts(id);
            return;
        }

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
        if (shortParts.Length > 0)
            SendLastParts();
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

    private void AddToParts(int id)
    {
        if (waitingCount == shortParts.Length)
        {
            encoder.EncodeParts(shortParts, limit.Maximum!.Value, mean);
            waitingCount = 0;
        }

        shortParts[waitingCount++] = id;
    }

    /// <summary>Takes the parts that wait, of which the last becomes the part at hand.</summary>
    private void SendLastParts()
    {
        var length = limit.Maximum!.Value;
        var sentCount = Math.Max(0, waitingCount - 1) / length * length;
        encoder.EncodeParts(shortParts.AsSpan(0, sentCount), length, mean);
        foreach (var id in shortParts.AsSpan(sentCount, waitingCount - sentCount))
            part.Add(id);
        waitingCount = 0;
    }

    private void FinishPart()
    {
        var count = part.Count;
        part.Finish(vectorOfPart);
        mean.Add(vectorOfPart, count);
    }
}
