using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Operations;

/// <summary>What the numbers of a tensor are like. Moments are those of the finite numbers, in double precision.</summary>
public sealed partial record TensorStatistics
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
        return IsCounted(distinct)
            ? OfValues(view, SmallValues.Of(view.DType), CountValues(distinct, repeats, cancellationToken))
            : OfNumbers(view, distinct, repeats, cancellationToken);
    }

    /// <summary>Whether there are so many more elements than values of an element that counting these is less work.</summary>
    private static bool IsCounted(TensorView view) => view.DType.ElementBytes() switch
    {
        1 => view.ElementCount >= ValueCounts.ByteValues,
        2 => view.ElementCount >= 16 * ValueCounts.PairValues,
        _ => false,
    };

    private static TensorStatistics OfNumbers(TensorView view, TensorView distinct, long repeats, CancellationToken cancellationToken)
    {
        var moments = Moments.None;
        var chunk = Chunk(distinct);
        for (long done = 0; done < distinct.ElementCount; done += chunk.Length)
            moments.Add(ReadPart(distinct, chunk, done, cancellationToken));
        var spread = new Spread(moments);
        for (long done = 0; done < distinct.ElementCount; done += chunk.Length)
            spread.Add(ReadPart(distinct, chunk, done, cancellationToken));
        return Result(view, moments, spread, repeats);
    }

    /// <summary>Of a type that has few values, how often each occurs tells all, whatever the order.</summary>
    private static TensorStatistics OfValues(TensorView view, double[] values, long[] counts)
    {
        var moments = Moments.None;
        for (var i = 0; i < values.Length; i++)
            moments.Add(values[i], counts[i]);
        var spread = new Spread(moments);
        for (var i = 0; i < values.Length; i++)
            spread.Add(values[i], counts[i]);
        return Result(view, moments, spread, repeats: 1);
    }

    private static TensorStatistics Result(TensorView view, Moments moments, Spread spread, long repeats)
    {
        var isNone = moments.Finite == 0;
        return new TensorStatistics
        {
            Count = view.ElementCount,
            NanCount = moments.Nan * repeats,
            InfinityCount = moments.Infinite * repeats,
            ZeroCount = moments.Zero * repeats,
            Minimum = isNone ? double.NaN : moments.Minimum,
            Maximum = isNone ? double.NaN : moments.Maximum,
            Mean = moments.Mean,
            StandardDeviation = isNone ? double.NaN : Math.Sqrt(spread.Deviations / moments.Finite),
            Norm = Math.Sqrt(moments.Squares * repeats),
            Histogram = Array.ConvertAll(spread.Histogram, count => count * repeats),
        };
    }

    private static long[] CountValues(TensorView view, long repeats, CancellationToken cancellationToken)
    {
        view = view.Permuted(view.AxesByStride());
        var elementBytes = view.DType.ElementBytes();
        var counts = new long[1 << (8 * elementBytes)];
        var chunk = new byte[Math.Min(ChunkElements, view.ElementCount) * elementBytes];
        for (long done = 0; done < view.LogicalBytes; done += chunk.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, view.LogicalBytes - done));
            view.CopyElements(part, done / elementBytes);
            ValueCounts.Add(part, counts);
        }

        return Array.ConvertAll(counts, count => count * repeats);
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

        public static Moments None => new() { Minimum = double.PositiveInfinity, Maximum = double.NegativeInfinity };

        public readonly double Mean => Finite == 0 ? double.NaN : Sum / Finite;

        public void Add(ReadOnlySpan<double> values)
        {
            var moments = this; // in registers
            foreach (var value in values)
                moments.Add(value, times: 1);
            this = moments;
        }

        public void Add(double value, long times)
        {
            if (times == 0)
                return;
            if (double.IsFinite(value))
            {
                Finite += times;
                Zero += value == 0 ? times : 0;
                Minimum = Math.Min(Minimum, value);
                Maximum = Math.Max(Maximum, value);
                Sum += value * times;
                Squares += value * value * times;
            }
            else if (double.IsNaN(value))
                Nan += times;
            else
                Infinite += times;
        }
    }

    /// <summary>What a second pass tells, once mean, minimum and maximum are known.</summary>
    private struct Spread(Moments moments)
    {
        private readonly double mean = moments.Mean;
        private readonly double minimum = moments.Minimum;
        private readonly double scale = moments.Maximum > moments.Minimum ? BinCount / (moments.Maximum - moments.Minimum) : 0;

        public double Deviations { get; private set; }

        public long[] Histogram { get; } = new long[BinCount];

        public void Add(ReadOnlySpan<double> values)
        {
            var spread = this; // in registers
            foreach (var value in values)
                spread.Add(value, times: 1);
            this = spread;
        }

        public void Add(double value, long times)
        {
            if (times == 0 || !double.IsFinite(value))
                return;
            Deviations += (value - mean) * (value - mean) * times;
            Histogram[Math.Min(BinCount - 1, (int)((value - minimum) * scale))] += times;
        }
    }
}
