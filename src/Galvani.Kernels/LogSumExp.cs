using System.Numerics.Tensors;

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
        return float.IsFinite(largest) ? largest + (float)Math.Log(SoftMax.SumOfExponentials(values, largest)) : float.NaN;
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
}
