using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Sums over vectors.</summary>
public static class Reductions
{
    /// <summary>The inner product in double precision, in index order.</summary>
    /// <param name="left">[N].</param>
    /// <param name="right">[N].</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (left.Length != right.Length)
            throw new ArgumentException($"The vectors have {left.Length} and {right.Length} elements.", nameof(right));
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++)
            sum += (double)left[i] * right[i];
        return sum;
    }

    /// <summary>Adds a vector times a weight to sums in double precision, product and sum each rounded.</summary>
    /// <param name="values">[N].</param>
    /// <param name="weight">What each value is multiplied by.</param>
    /// <param name="sums">[N], added to.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddWeighted(ReadOnlySpan<float> values, double weight, Span<double> sums)
    {
        if (values.Length != sums.Length)
            throw new ArgumentException($"The vectors have {values.Length} and {sums.Length} elements.", nameof(sums));
        var i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Create(values.Slice(i, Vector256<float>.Count)));
            Add(lower, sums.Slice(i, Vector256<double>.Count));
            Add(upper, sums.Slice(i + Vector256<double>.Count, Vector256<double>.Count));
        }

        for (; i < values.Length; i++)
            sums[i] += values[i] * weight;

        void Add(Vector256<double> part, Span<double> target) => (Vector256.Create<double>(target) + part * weight).CopyTo(target);
    }

    /// <summary>The Euclidean norm in double precision.</summary>
    /// <param name="values">[N].</param>
    public static double Norm(ReadOnlySpan<float> values) => Math.Sqrt(Dot(values, values));
}
