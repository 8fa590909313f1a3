namespace Galvani.Checkpoints.Tensors;

/// <summary>The element types of PyTorch, named after torch's own names.</summary>
public enum DType
{
    /// <summary>binary64.</summary>
    Float64,

    /// <summary>binary32.</summary>
    Float32,

    /// <summary>binary16.</summary>
    Float16,

    /// <summary>The upper half of binary32.</summary>
    BFloat16,

    /// <summary>Signed 64-bit integer.</summary>
    Int64,

    /// <summary>Signed 32-bit integer.</summary>
    Int32,

    /// <summary>Signed 16-bit integer.</summary>
    Int16,

    /// <summary>Signed 8-bit integer.</summary>
    Int8,

    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Two binary16: real, imaginary.</summary>
    Complex32,

    /// <summary>Two binary32: real, imaginary.</summary>
    Complex64,

    /// <summary>Two binary64: real, imaginary.</summary>
    Complex128,

    /// <summary>Unsigned 16-bit integer (torch 2.3 and later).</summary>
    UInt16,

    /// <summary>Unsigned 32-bit integer (torch 2.3 and later).</summary>
    UInt32,

    /// <summary>Unsigned 64-bit integer (torch 2.3 and later).</summary>
    UInt64,

    /// <summary>8-bit float, 4 exponent bits, no infinities.</summary>
    Float8E4M3Fn,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    Float8E5M2,

    /// <summary>8-bit float, 4 exponent bits, no negative zero.</summary>
    Float8E4M3FnUz,

    /// <summary>8-bit float, 5 exponent bits, no negative zero.</summary>
    Float8E5M2FnUz,

    /// <summary>Quantised signed 8-bit; recognised, not read.</summary>
    QInt8,

    /// <summary>Quantised unsigned 8-bit; recognised, not read.</summary>
    QUInt8,

    /// <summary>Quantised signed 32-bit; recognised, not read.</summary>
    QInt32,

    /// <summary>Quantised unsigned 4-bit, two a byte; recognised, not read.</summary>
    QUInt4x2,

    /// <summary>Quantised unsigned 2-bit, four a byte; recognised, not read.</summary>
    QUInt2x4,

    /// <summary>8-bit float of exponent bits alone: powers of two (torch 2.7 and later).</summary>
    Float8E8M0Fnu,

    /// <summary>Two floats of 4 bits a byte, 2 exponent bits each (torch 2.8 and later); read as the bytes.</summary>
    Float4E2M1FnX2,

    /// <summary>8 bits without a meaning (torch 2.1 and later, as all that follow); read as unsigned integers.</summary>
    Bits8,

    /// <summary>16 bits without a meaning.</summary>
    Bits16,

    /// <summary>Eight single bits.</summary>
    Bits1x8,

    /// <summary>Four pairs of bits.</summary>
    Bits2x4,

    /// <summary>Two runs of 4 bits.</summary>
    Bits4x2,

    /// <summary>Two bfloat16: real, imaginary (torch 2.14).</summary>
    BComplex32,
}
