namespace Galvani.Kernels;

/// <summary>What the kernels' vector code is built on.</summary>
public enum InstructionSet
{
    /// <summary>One number at a time; for processors without AVX2, and to tell a fault of vector code from others.</summary>
    Scalar,

    /// <summary>AVX2 and FMA: eight single-precision numbers.</summary>
    Avx2,

    /// <summary>AVX-512 F, BW, CD, DQ, VL: sixteen single-precision numbers.</summary>
    Avx512,
}
