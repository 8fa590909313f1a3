using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Soft-max of rows, in place, the row's maximum subtracted first. Sums run in eight lanes over the row, added in one fixed order.</summary>
public static class SoftMax
{
    /// <summary>e^x / Σ e^x of each row.</summary>
    /// <param name="values">[R, N], overwritten.</param>
    /// <param name="width">N.</param>
    /// <exception cref="ArgumentException">The values are no rows of this width.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(Span<float> values, int width)
    {
        Check(values, width);
        for (var start = 0; start < values.Length; start += width)
        {
            var row = values.Slice(start, width);
            var maximum = Vector256.Create(Maximum(row));
            var lanes = Vector256<float>.Zero;
            for (var i = 0; i < width; i += Vector256<float>.Count)
            {
                var power = VectorMath.Exp(VectorMath.Load(row, i, float.NegativeInfinity) - maximum);
                lanes += power;
                VectorMath.Store(power, row, i);
            }

            var sum = Vector256.Create(VectorMath.Sum(lanes));
            for (var i = 0; i < width; i += Vector256<float>.Count)
                VectorMath.Store(VectorMath.Load(row, i, filler: 0) / sum, row, i);
        }
    }

    /// <summary>x - ln Σ e^x of each row; the sum in double precision, since rows are as long as a vocabulary.</summary>
    /// <param name="values">[R, N], overwritten.</param>
    /// <param name="width">N.</param>
    /// <exception cref="ArgumentException">The values are no rows of this width.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LogRows(Span<float> values, int width)
    {
        Check(values, width);
        for (var start = 0; start < values.Length; start += width)
        {
            var row = values.Slice(start, width);
            var maximum = Vector256.Create(Maximum(row));
            var (low, high) = (Vector256<double>.Zero, Vector256<double>.Zero);
            for (var i = 0; i < width; i += Vector256<float>.Count)
            {
                var (l, h) = Vector256.Widen(VectorMath.Exp(VectorMath.Load(row, i, float.NegativeInfinity) - maximum));
                (low, high) = (low + l, high + h);
            }

            var four = low + high;
            var logSum = Vector256.Create((float)Math.Log((four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3))));
            for (var i = 0; i < width; i += Vector256<float>.Count)
                VectorMath.Store(VectorMath.Load(row, i, filler: 0) - maximum - logSum, row, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Maximum(ReadOnlySpan<float> row)
    {
        var lanes = Vector256.Create(float.NegativeInfinity);
        for (var i = 0; i < row.Length; i += Vector256<float>.Count)
            lanes = Vector256.Max(lanes, VectorMath.Load(row, i, float.NegativeInfinity));
        var maximum = lanes.GetElement(0);
        for (var lane = 1; lane < Vector256<float>.Count; lane++)
            maximum = MathF.Max(maximum, lanes.GetElement(lane));
        return maximum;
    }

    private static void Check(ReadOnlySpan<float> values, int width)
    {
        if (width <= 0 || values.Length % width != 0)
            throw new ArgumentException($"{values.Length} values are no rows of {width}.", nameof(width));
    }
}
