namespace Galvani.Kernels;

/// <summary>The numbers that a weight is held in and multiplied with.</summary>
public enum ProductFormat
{
    /// <summary>Single precision.</summary>
    Single,

    /// <summary>8 bits, fast: weights in ±127, neighbours together in ±128, with a scale an output, the input in 0 to 255 with a scale and a zero a row. Root-mean-square error about 1.2 % of a product's size.</summary>
    Int8,

    /// <summary>8 bits, more exact: weights in ±127, the input in 16 bits. Root-mean-square error about 0.7 %; three quarters of the speed of <see cref="Int8"/> or less.</summary>
    Int8Exact,

    /// <summary>8 bits, fastest with AVX2 alone: as <see cref="Int8"/>, but the four whose products are added in 16 bits together in ±128. Root-mean-square error about 1.5 % of a product's size.</summary>
    Int8Quads,
}
