using System.Buffers;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Operations;

/// <summary>
/// How the numbers of two tensors of one shape differ, in double precision. NaN equals NaN; an infinity equals itself, and is infinitely far from everything else.
/// </summary>
/// <param name="DifferentCount">How many elements differ.</param>
/// <param name="Maximum">The largest difference; NaN for types whose numbers are not read.</param>
/// <param name="Mean">The mean difference over all elements; NaN for types whose numbers are not read.</param>
/// <param name="Cosine">The cosine of the angle between them as vectors; 1 for equal tensors, NaN where one is zero or not finite.</param>
public sealed record TensorDifference(long DifferentCount, double Maximum, double Mean, double Cosine)
{
    private const int PartElements = 1 << 14;
    private const int ManyElements = ValueCounts.PairValues;

    private static readonly TensorDifference None = new(0, 0, 0, 1);

    /// <summary>Compares two tensors, in parts. Their element types may differ.</summary>
    /// <param name="first">A tensor.</param>
    /// <param name="second">A tensor of the same shape.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static TensorDifference Compute(TensorView first, TensorView second, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (!first.Shape.SequenceEqual(second.Shape))
            throw new ArgumentException($"Tensors of shapes [{string.Join(", ", first.Shape)}] and [{string.Join(", ", second.Shape)}] are not compared.", nameof(second));
        var areReal = IsReal(first.DType) && IsReal(second.DType);
        if (areReal && first.DType.ElementBytes() == 1 && second.DType.ElementBytes() == 1 && first.ElementCount >= ManyElements)
            return CompareBytes(first, second, cancellationToken);
        if (first.DType == second.DType)
        {
            var unequal = CountUnequalBytes(first, second, mostNeeded: areReal ? 1 : long.MaxValue, cancellationToken);
            if (unequal == 0)
                return None;
            if (!areReal)
                return new TensorDifference(unequal, double.NaN, double.NaN, double.NaN);
        }
        else if (!areReal)
            return new TensorDifference(first.ElementCount, double.NaN, double.NaN, double.NaN);
        return first.DType is DType.Int64 or DType.UInt64 && second.DType is DType.Int64 or DType.UInt64 ? CompareIntegers(first, second, cancellationToken) : CompareReals(first, second, cancellationToken);
    }

    private static bool IsReal(DType type) => type.IsReadable() && !type.IsComplex();

    private static TensorDifference CompareReals(TensorView first, TensorView second, CancellationToken cancellationToken)
    {
        var sums = new Sums();
        var (left, right) = (ArrayPool<double>.Shared.Rent(PartElements), ArrayPool<double>.Shared.Rent(PartElements));
        for (long done = 0; done < first.ElementCount; done += PartElements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(PartElements, first.ElementCount - done);
            first.CopyTo(left.AsSpan(0, count), done);
            second.CopyTo(right.AsSpan(0, count), done);
            for (var i = 0; i < count; i++)
                sums.Add(left[i], right[i], Distance(left[i], right[i]));
        }

        ArrayPool<double>.Shared.Return(left);
        ArrayPool<double>.Shared.Return(right);
        return sums.Result(first.ElementCount);
    }

    /// <summary>There are few pairs of bytes: how often each occurs tells all, whatever the order.</summary>
    private static TensorDifference CompareBytes(TensorView first, TensorView second, CancellationToken cancellationToken)
    {
        var counts = new long[ValueCounts.PairValues];
        VisitParts(first, second, (left, right) =>
        {
            ValueCounts.AddPairs(left, right, counts);
            return true;
        }, cancellationToken);
        var sums = new Sums();
        var (values, others) = (SmallValues.Of(first.DType), SmallValues.Of(second.DType));
        for (var i = 0; i < counts.Length; i++)
        {
            var (value, other) = (values[i / ValueCounts.ByteValues], others[i % ValueCounts.ByteValues]);
            if (counts[i] > 0)
                sums.Add(value, other, Distance(value, other), counts[i]);
        }

        return sums.Result(first.ElementCount);
    }

    private static double Distance(double first, double second) => first.Equals(second) || first == second ? 0 : Math.Abs(first - second);

    /// <summary>Integers that double precision would round are subtracted exactly.</summary>
    private static TensorDifference CompareIntegers(TensorView first, TensorView second, CancellationToken cancellationToken)
    {
        var sums = new Sums();
        var (left, right) = (new TensorElement[PartElements], new TensorElement[PartElements]);
        for (long done = 0; done < first.ElementCount; done += PartElements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(PartElements, first.ElementCount - done);
            first.ReadElements(left.AsSpan(0, count), done);
            second.ReadElements(right.AsSpan(0, count), done);
            for (var i = 0; i < count; i++)
                sums.Add((double)left[i].Integer, (double)right[i].Integer, (double)Int128.Abs(left[i].Integer - right[i].Integer));
        }

        return sums.Result(first.ElementCount);
    }

    private static long CountUnequalBytes(TensorView first, TensorView second, long mostNeeded, CancellationToken cancellationToken)
    {
        var elementBytes = first.DType.ElementBytes();
        var unequal = 0L;
        VisitParts(first, second, (left, right) =>
        {
            if (!left.SequenceEqual(right))
            {
                for (var at = 0; at < left.Length; at += elementBytes)
                    unequal += left.Slice(at, elementBytes).SequenceEqual(right.Slice(at, elementBytes)) ? 0 : 1;
            }

            return unequal < mostNeeded;
        }, cancellationToken);
        return unequal;
    }

    /// <summary>Sees the elements of both tensors at the same places, as they are, in any order.</summary>
    /// <returns>False where there is no need to see more.</returns>
    private delegate bool PartVisitor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right);

    private static void VisitParts(TensorView first, TensorView second, PartVisitor visit, CancellationToken cancellationToken)
    {
        var axes = first.AxesByStride();
        (first, second) = (first.Permuted(axes), second.Permuted(axes));
        var (firstBytes, secondBytes) = (first.DType.ElementBytes(), second.DType.ElementBytes());
        var (left, right) = (ArrayPool<byte>.Shared.Rent(PartElements * firstBytes), ArrayPool<byte>.Shared.Rent(PartElements * secondBytes));
        for (long done = 0; done < first.ElementCount; done += PartElements)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(PartElements, first.ElementCount - done);
            first.CopyElements(left.AsSpan(0, count * firstBytes), done);
            second.CopyElements(right.AsSpan(0, count * secondBytes), done);
            if (!visit(left.AsSpan(0, count * firstBytes), right.AsSpan(0, count * secondBytes)))
                break;
        }

        ArrayPool<byte>.Shared.Return(left);
        ArrayPool<byte>.Shared.Return(right);
    }

    private sealed class Sums
    {
        private long different;
        private double maximum;
        private double total;
        private double product;
        private double firstSquares;
        private double secondSquares;

        public void Add(double first, double second, double difference, long times = 1)
        {
            product += first * second * times;
            firstSquares += first * first * times;
            secondSquares += second * second * times;
            if (difference == 0)
                return;
            var distance = double.IsNaN(difference) ? double.PositiveInfinity : difference; // NaN against a number
            different += times;
            maximum = Math.Max(maximum, distance);
            total += distance * times;
        }

        public TensorDifference Result(long elementCount) =>
            different == 0 ? None : new TensorDifference(different, maximum, total / elementCount, product / Math.Sqrt(firstSquares) / Math.Sqrt(secondSquares));
    }
}
