namespace Galvani.Kernels;

/// <summary>What an element of a product goes through on its own.</summary>
public enum ElementFunction
{
    /// <summary>Nothing.</summary>
    Identity,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x · Φ(x), with the error function itself, no approximation by tanh.</summary>
    Gelu,

    /// <summary>x · σ(x).</summary>
    Silu,

    /// <summary>σ(x) = 1 / (1 + e^-x).</summary>
    Sigmoid,
}

/// <summary>What a product goes through before it is stored: function(product + bias) · gate + residual, each part optional.</summary>
public readonly ref struct Epilogue
{
    /// <summary>[N], added to every row; empty for none.</summary>
    public ReadOnlySpan<float> Bias { get; init; }

    /// <summary>Applied to each element after the bias. Default <see cref="ElementFunction.Identity"/>.</summary>
    public ElementFunction Function { get; init; }

    /// <summary>[R, N], multiplied after the function; empty for none. Must not overlap the destination unless it is the destination.</summary>
    public ReadOnlySpan<float> Gate { get; init; }

    /// <summary>[R, N], added last; empty for none. Must not overlap the destination unless it is the destination.</summary>
    public ReadOnlySpan<float> Residual { get; init; }
}
