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
        var distinct = view.WithoutRepeats(out var repeats); // of an expanded tensor each number is read once
        var moments = Moments.Of(distinct, cancellationToken);
        var mean = moments.Finite == 0 ? double.NaN : moments.Sum / moments.Finite;
        var (deviations, histogram) = SecondPass(distinct, mean, moments.Minimum, moments.Maximum, cancellationToken);
        return new TensorStatistics
        {
            Count = view.ElementCount,
            NanCount = moments.Nan * repeats,
            InfinityCount = moments.Infinite * repeats,
            ZeroCount = moments.Zero * repeats,
            Minimum = moments.Finite == 0 ? double.NaN : moments.Minimum,
            Maximum = moments.Finite == 0 ? double.NaN : moments.Maximum,
            Mean = mean,
            StandardDeviation = moments.Finite == 0 ? double.NaN : Math.Sqrt(deviations / moments.Finite),
            Norm = Math.Sqrt(moments.Squares * repeats),
            Histogram = Array.ConvertAll(histogram, count => count * repeats),
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
        var chunk = Chunk(view);
        for (long done = 0; done < view.ElementCount; done += chunk.Length)
        {
            foreach (var value in ReadPart(view, chunk, done, cancellationToken))
            {
                if (!double.IsFinite(value))
                    continue;
                deviations += (value - mean) * (value - mean);
                histogram[Math.Min(BinCount - 1, (int)((value - minimum) * scale))]++;
            }
        }

        return (deviations, histogram);
    }

    private static double[] Chunk(TensorView view) => new double[Math.Min(ChunkElements, view.ElementCount)];

    private static ReadOnlySpan<double> ReadPart(TensorView view, double[] chunk, long first, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, view.ElementCount - first));
        view.CopyTo(part, first);
        return part;
    }

    /// <summary>What one pass over the numbers tells.</summary>
    private struct Moments
    {
        public long Nan;
        public long Infinite;
        public long Zero;
        public long Finite;
        public double Minimum;
        public double Maximum;
        public double Sum;
        public double Squares;

        public static Moments Of(TensorView view, CancellationToken cancellationToken)
        {
            var moments = new Moments { Minimum = double.PositiveInfinity, Maximum = double.NegativeInfinity };
            var chunk = Chunk(view);
            for (long done = 0; done < view.ElementCount; done += chunk.Length)
            {
                foreach (var value in ReadPart(view, chunk, done, cancellationToken))
                    moments.Add(value);
            }

            return moments;
        }

        private void Add(double value)
        {
            if (double.IsNaN(value))
                Nan++;
            else if (double.IsInfinity(value))
                Infinite++;
            else
            {
                Finite++;
                Zero += value == 0 ? 1 : 0;
                Minimum = Math.Min(Minimum, value);
                Maximum = Math.Max(Maximum, value);
                Sum += value;
                Squares += value * value;
            }
        }
    }
}
