using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>From unnormalised log-probabilities to log-probabilities, one row at a time. The largest element is subtracted first, so that no exponential overflows.</summary>
public static class LogSumExp
{
    /// <summary>ln Σ exp(x): what a row must lose to be log-probabilities.</summary>
    /// <param name="values">[N].</param>
    /// <returns>Negative infinity for an empty row and for one of negative infinities alone; NaN where the row has a NaN or a positive infinity.</returns>
    public static float Of(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
            return float.NegativeInfinity;
        var largest = TensorPrimitives.Max(values); // NaN where there is one
        if (float.IsNegativeInfinity(largest))
            return float.NegativeInfinity;
        return float.IsFinite(largest) ? largest + (float)Math.Log(SumOfExponentials(values, largest)) : float.NaN;
    }

    /// <summary>Turns a row into log-probabilities in place: x - ln Σ exp(x).</summary>
    /// <param name="row">[N], overwritten.</param>
    /// <returns>Whether the row is usable: false, the row left as it was, where its sum is no finite number.</returns>
    public static bool LogSoftMax(Span<float> row)
    {
        var normalizer = Of(row);
        if (!float.IsFinite(normalizer))
            return false;
        TensorPrimitives.Subtract(row, normalizer, row);
        return true;
    }

    // Lane i of the vector sums elements i, i + n, i + 2n, ... in double precision, the lower and the upper half of the lanes in an accumulator each; then the
    // lanes are added in index order, then the remainder in index order. Double precision keeps the error below the last bit whatever the row's length.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfExponentials(ReadOnlySpan<float> values, float largest)
    {
        var (lower, upper) = (Vector<double>.Zero, Vector<double>.Zero);
        var shift = new Vector<float>(largest);
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Exp(new Vector<float>(values[i..]) - shift), out var low, out var high);
            lower += low;
            upper += high;
        }

        var sum = Vector.Sum(lower) + Vector.Sum(upper);
        for (; i < values.Length; i++)
            sum += MathF.Exp(values[i] - largest);
        return sum;
    }
}
