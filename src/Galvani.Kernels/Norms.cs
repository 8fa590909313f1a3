using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// Normalisations of rows. Sums run in eight lanes over the row, the remainder padded with zeros, and the lanes are added in one fixed order. The destination may be
/// the input itself.
/// </summary>
public static class Norms
{
    /// <summary>Layer norm (Ba et al. 2016): (x - mean) / sqrt(variance + epsilon) · weight + bias, with the biased variance.</summary>
    /// <param name="input">[R, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D].</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="destination">[R, D], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the spans overlap without being equal.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Layer(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> destination)
    {
        Check(input, weight, destination);
        CheckBias(weight, bias);
        for (var start = 0; start < input.Length; start += weight.Length)
        {
            var row = input.Slice(start, weight.Length);
            var mean = Sum(row) / row.Length;
            var variance = SquaredDistance(row, mean) / row.Length;
            Scale(row, mean, 1 / MathF.Sqrt(variance + epsilon), weight, bias, destination.Slice(start, weight.Length));
        }
    }

    /// <summary>Layer norm as OpenNMT-py had it before 0.6: (x - mean) / (deviation + epsilon) · weight + bias, with the unbiased standard deviation.</summary>
    /// <param name="input">[R, D]; D of 1 gives NaN, as the unbiased deviation of one number is not defined.</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D].</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="destination">[R, D], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the spans overlap without being equal.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void UnbiasedLayer(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Span<float> destination)
    {
        Check(input, weight, destination);
        CheckBias(weight, bias);
        for (var start = 0; start < input.Length; start += weight.Length)
        {
            var row = input.Slice(start, weight.Length);
            var mean = Sum(row) / row.Length;
            var deviation = MathF.Sqrt(SquaredDistance(row, mean) / (row.Length - 1));
            Scale(row, mean, 1 / (deviation + epsilon), weight, bias, destination.Slice(start, weight.Length));
        }
    }

    /// <summary>Root-mean-square norm (Zhang and Sennrich 2019): x / sqrt(mean(x²) + epsilon) · weight.</summary>
    /// <param name="input">[R, D].</param>
    /// <param name="weight">[D].</param>
    /// <param name="epsilon">Keeps the division finite.</param>
    /// <param name="destination">[R, D], overwritten.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the spans overlap without being equal.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RootMeanSquare(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, float epsilon, Span<float> destination)
    {
        Check(input, weight, destination);
        for (var start = 0; start < input.Length; start += weight.Length)
        {
            var row = input.Slice(start, weight.Length);
            var meanSquare = SquaredDistance(row, center: 0) / row.Length;
            Scale(row, center: 0, 1 / MathF.Sqrt(meanSquare + epsilon), weight, [], destination.Slice(start, weight.Length));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(ReadOnlySpan<float> row)
    {
        var lanes = Vector256<float>.Zero;
        for (var i = 0; i < row.Length; i += Vector256<float>.Count)
            lanes += VectorMath.Load(row, i, filler: 0);
        return VectorMath.Sum(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SquaredDistance(ReadOnlySpan<float> row, float center)
    {
        var lanes = Vector256<float>.Zero;
        for (var i = 0; i < row.Length; i += Vector256<float>.Count)
        {
            var distance = VectorMath.Load(row, i, filler: center) - Vector256.Create(center);
            lanes = VectorMath.MultiplyAdd(distance, distance, lanes);
        }

        return VectorMath.Sum(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(ReadOnlySpan<float> row, float center, float factor, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, Span<float> destination)
    {
        for (var i = 0; i < row.Length; i += Vector256<float>.Count)
        {
            var value = (VectorMath.Load(row, i, filler: 0) - Vector256.Create(center)) * Vector256.Create(factor) * VectorMath.Load(weight, i, filler: 0);
            if (!bias.IsEmpty)
                value += VectorMath.Load(bias, i, filler: 0);
            VectorMath.Store(value, destination, i);
        }
    }

    private static void Check(ReadOnlySpan<float> input, ReadOnlySpan<float> weight, Span<float> destination)
    {
        if (weight.IsEmpty || input.Length % weight.Length != 0 || input.Length != destination.Length)
            throw new ArgumentException($"An input of {input.Length} and a destination of {destination.Length} elements are not the same rows of {weight.Length}.", nameof(destination));
        if (input.Overlaps(destination, out var offset) && offset != 0)
            throw new ArgumentException("The destination overlaps the input without being it.", nameof(destination));
    }

    private static void CheckBias(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        if (bias.Length != weight.Length)
            throw new ArgumentException($"The bias has {bias.Length} elements, expected {weight.Length}.", nameof(bias));
    }
}
