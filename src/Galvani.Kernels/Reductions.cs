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

    /// <summary>The Euclidean norm in double precision.</summary>
    /// <param name="values">[N].</param>
    public static double Norm(ReadOnlySpan<float> values) => Math.Sqrt(Dot(values, values));
}
