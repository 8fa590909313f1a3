using System.Numerics.Tensors;

namespace Galvani.Kernels;

/// <summary>What turns unnormalised log-probabilities into log-probabilities. The largest element is subtracted first, so that no exponential overflows.</summary>
public static class LogSumExp
{
    /// <summary>ln Σ exp(x): what a row must lose to be log-probabilities.</summary>
    /// <param name="values">[N].</param>
    /// <returns>Negative infinity for an empty row and for one of negative infinities alone; NaN where the row has a NaN or a positive infinity.</returns>
    public static float Of(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
            return float.NegativeInfinity;
        var largest = SoftMax.Maximum(values);
        if (float.IsNegativeInfinity(largest))
            return TensorPrimitives.Max(values); // NaN where there is one
        return float.IsFinite(largest) ? largest + (float)Math.Log(SoftMax.SumOfExponentials(values, largest)) : float.NaN;
    }
}
