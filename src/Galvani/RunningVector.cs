using Galvani.Kernels;
using Galvani.Text;

namespace Galvani;

/// <summary>
/// The vector of a line whose pieces come one by one (<see cref="NmtModel.TokenizeTo"/>), for lines of any length: sums are kept, and no ids but the last few. It is, bit by bit, that of
/// <see cref="SentenceEncoder.Encode(ReadOnlySpan{int}, Span{float})"/>. For one thread at a time.
/// </summary>
public sealed class RunningVector : IPieceReceiver
{
    private readonly SentenceEncoder encoder;
    private readonly double[] sums; // [D], of the ids that are no longer kept
    private readonly int[] ids = new int[16 * EmbeddingMean.RowsOfRound]; // the last ones: at least one, once there are any
    private int keptCount;

    /// <param name="encoder">Makes the vectors.</param>
    /// <exception cref="InvalidOperationException">Ids alone give no vector (see <see cref="SentenceEncoder.CanPoolIds"/>).</exception>
    public RunningVector(SentenceEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        encoder.RequireIdsToSuffice();
        this.encoder = encoder;
        sums = new double[encoder.ModelWidth];
    }

    /// <summary>The number of ids so far.</summary>
    public int Count { get; private set; }

    /// <summary>Takes an id.</summary>
    /// <param name="id">A row of the embedding.</param>
    /// <exception cref="ArgumentException">An id among those so far is no row of the embedding; that may show later.</exception>
    public void Add(int id)
    {
        if (keptCount == ids.Length)
        {
            encoder.AddTo(sums, ids, Count - keptCount);
            keptCount = 0;
        }

        ids[keptCount++] = id;
        Count++;
    }

    /// <summary>Ends the line. What comes next is another one.</summary>
    /// <param name="vector">[<see cref="SentenceEncoder.Width"/>], overwritten; zeros for no ids.</param>
    /// <exception cref="ArgumentException">There were more ids than the positional table has rows, an id is no row of the embedding, or the vector has another width.</exception>
    public void Finish(Span<float> vector)
    {
        encoder.Encode(ids.AsSpan(0, keptCount), Count - keptCount, sums, vector);
        (Count, keptCount) = (0, 0);
    }

    /// <inheritdoc/>
    bool IPieceReceiver.Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
    {
        Add(id);
        return true;
    }

    /// <inheritdoc/>
    bool IPieceReceiver.Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => true;
}
