using System.Buffers;
using System.Numerics.Tensors;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Operations;

/// <summary>
/// The mean of tensors of one shape, element by element, computed while it is written: products and sums in double precision in the order of the tensors, divided by
/// the sum of the weights, rounded once to the first tensor's type. Equal tensors give themselves.
/// </summary>
public static class WeightedMean
{
    private const int PartElements = 1 << 13; // two parts in double precision stay in the cache

    /// <summary>Makes the elements of a mean.</summary>
    /// <param name="tensors">The tensors, real floating-point ones.</param>
    /// <param name="weights">A weight for each, none negative, not all zero.</param>
    /// <exception cref="ArgumentException">Shapes differ, a tensor has no floating-point numbers, or the weights are none.</exception>
    public static ElementContent Of(IReadOnlyList<TensorView> tensors, IReadOnlyList<double> weights)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        CheckWeights(weights, tensors.Count);
        CheckTensors(tensors);
        return (firstElement, destination) => Compute(tensors, weights, firstElement, destination);
    }

    /// <summary>Computes a part of a mean: for tensors that are there only while it is computed.</summary>
    /// <param name="tensors">The tensors, real floating-point ones.</param>
    /// <param name="weights">A weight for each, as <see cref="CheckWeights"/> lets them pass.</param>
    /// <param name="firstElement">The row-major index of the first element.</param>
    /// <param name="destination">A whole number of elements of the first tensor's type; as many as it has are made.</param>
    /// <exception cref="ArgumentException">Shapes differ, a tensor has no floating-point numbers, or there are fewer or more weights.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensors.</exception>
    public static void Compute(IReadOnlyList<TensorView> tensors, IReadOnlyList<double> weights, long firstElement, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count != tensors.Count)
            throw new ArgumentException($"There are {weights.Count} weights for {tensors.Count} tensors.", nameof(weights));
        CheckTensors(tensors);
        Fill(tensors, weights, weights.Sum(), firstElement, destination);
    }

    /// <summary>Checks weights.</summary>
    /// <param name="weights">A weight for each tensor.</param>
    /// <param name="count">The number of tensors.</param>
    /// <exception cref="ArgumentException">There are fewer or more, one is negative or no number, all are zero, or their sum is infinite.</exception>
    public static void CheckWeights(IReadOnlyList<double> weights, int count)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count != count)
            throw new ArgumentException($"There are {weights.Count} weights for {count} files.", nameof(weights));
        if (weights.Any(weight => !(weight >= 0 && double.IsFinite(weight))) || !(weights.Sum() > 0) || !double.IsFinite(weights.Sum()))
            throw new ArgumentException($"The weights are {string.Join(", ", weights)}, expected numbers that are 0 or more, with a finite sum that is more.", nameof(weights));
    }

    private static void CheckTensors(IReadOnlyList<TensorView> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (!tensor.DType.IsFloatingPoint() || !ReferenceEquals(tensor, tensors[0]) && !tensor.Shape.SequenceEqual(tensors[0].Shape))
                throw new ArgumentException("A mean is taken of floating-point tensors of one shape.", nameof(tensors));
        }
    }

    private static void Fill(IReadOnlyList<TensorView> tensors, IReadOnlyList<double> weights, double total, long firstElement, Span<byte> destination)
    {
        var type = tensors[0].DType;
        var elementBytes = type.ElementBytes();
        var (sum, numbers) = (ArrayPool<double>.Shared.Rent(PartElements), ArrayPool<double>.Shared.Rent(PartElements));
        while (!destination.IsEmpty)
        {
            var count = Math.Min(PartElements, destination.Length / elementBytes);
            var sumPart = sum.AsSpan(0, count);
            var numbersPart = numbers.AsSpan(0, count);
            sumPart.Clear();
            for (var i = 0; i < tensors.Count; i++)
            {
                if (weights[i] == 0)
                    continue; // also where its numbers are not finite
                tensors[i].CopyTo(numbersPart, firstElement);
                TensorPrimitives.MultiplyAdd(numbersPart, weights[i], sumPart, sumPart);
            }

            TensorPrimitives.Divide(sumPart, total, sumPart);
            FloatCast.Narrow(sumPart, type, destination[..(count * elementBytes)]);
            destination = destination[(count * elementBytes)..];
            firstElement += count;
        }

        ArrayPool<double>.Shared.Return(numbers);
        ArrayPool<double>.Shared.Return(sum);
    }
}
