using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Operations;

/// <summary>What the numbers of a tensor are like. Moments are those of the finite numbers, in double precision.</summary>
public sealed record TensorStatistics
{
    private const int ChunkElements = 1 << 16;

    /// <summary>The number of bins of <see cref="Histogram"/>.</summary>
    public const int BinCount = 16;

    /// <summary>The number of elements.</summary>
    public required long Count { get; init; }

    /// <summary>How many are NaN.</summary>
    public required long NanCount { get; init; }

    /// <summary>How many are infinite.</summary>
    public required long InfinityCount { get; init; }

    /// <summary>How many are zero.</summary>
    public required long ZeroCount { get; init; }

    /// <summary>The least finite number; NaN where there is none.</summary>
    public required double Minimum { get; init; }

    /// <summary>The greatest finite number; NaN where there is none.</summary>
    public required double Maximum { get; init; }

    /// <summary>The mean; NaN where there is no finite number.</summary>
    public required double Mean { get; init; }

    /// <summary>The standard deviation, biased (divided by the count); NaN where there is no finite number.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>The Euclidean norm.</summary>
    public required double Norm { get; init; }

    /// <summary>How many finite numbers fall into each of equal bins from minimum to maximum.</summary>
    public required IReadOnlyList<long> Histogram { get; init; }

    /// <summary>Reads a tensor, in parts.</summary>
    /// <param name="view">A tensor of real numbers.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="UnsupportedCheckpointException">The type's numbers cannot be read, or it is complex.</exception>
    public static TensorStatistics Compute(TensorView view, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        long nan = 0, infinite = 0, zero = 0, finite = 0;
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity, sum = 0, squares = 0;
        ForEach(view, value =>
        {
            if (double.IsNaN(value))
                nan++;
            else if (double.IsInfinity(value))
                infinite++;
            else
            {
                finite++;
                zero += value == 0 ? 1 : 0;
                minimum = Math.Min(minimum, value);
                maximum = Math.Max(maximum, value);
                sum += value;
                squares += value * value;
            }
        }, cancellationToken);
        var mean = finite == 0 ? double.NaN : sum / finite;
        var (deviations, histogram) = SecondPass(view, mean, minimum, maximum, cancellationToken);
        return new TensorStatistics
        {
            Count = view.ElementCount,
            NanCount = nan,
            InfinityCount = infinite,
            ZeroCount = zero,
            Minimum = finite == 0 ? double.NaN : minimum,
            Maximum = finite == 0 ? double.NaN : maximum,
            Mean = mean,
            StandardDeviation = finite == 0 ? double.NaN : Math.Sqrt(deviations / finite),
            Norm = Math.Sqrt(squares),
            Histogram = histogram,
        };
    }

    /// <summary>The Euclidean norm of each row of the first dimension.</summary>
    /// <param name="view">A tensor of rank 1 at least.</param>
    /// <param name="cancellationToken">Checked between rows.</param>
    /// <exception cref="ArgumentException">The tensor is a scalar.</exception>
    public static double[] RowNorms(TensorView view, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Rank == 0)
            throw new ArgumentException("A scalar has no rows.", nameof(view));
        var norms = new double[view.Shape[0]];
        if (norms.Length == 0)
            return norms;
        var row = new float[view.ElementCount / norms.Length];
        for (var r = 0; r < norms.Length; r++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            view.ReadRow(r, row);
            norms[r] = Kernels.Reductions.Norm(row);
        }

        return norms;
    }

    private static (double Deviations, long[] Histogram) SecondPass(TensorView view, double mean, double minimum, double maximum, CancellationToken cancellationToken)
    {
        var histogram = new long[BinCount];
        var deviations = 0.0;
        var scale = maximum > minimum ? BinCount / (maximum - minimum) : 0;
        ForEach(view, value =>
        {
            if (!double.IsFinite(value))
                return;
            deviations += (value - mean) * (value - mean);
            histogram[Math.Min(BinCount - 1, (int)((value - minimum) * scale))]++;
        }, cancellationToken);
        return (deviations, histogram);
    }

    private static void ForEach(TensorView view, Action<double> use, CancellationToken cancellationToken)
    {
        var chunk = new double[Math.Min(ChunkElements, view.ElementCount)];
        for (long done = 0; done < view.ElementCount; done += chunk.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, view.ElementCount - done));
            view.CopyTo(part, done);
            foreach (var value in part)
                use(value);
        }
    }
}
