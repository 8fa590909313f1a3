namespace Galvani.Kernels.MachineCode;

/// <summary>Where the code of products comes from; of what a processor has, what is named later does more in one instruction.</summary>
internal enum ProductCode
{
    /// <summary>The runtime's compiler, as that of all kernels.</summary>
    Compiled,

    /// <summary>This process, for AVX2 and FMA.</summary>
    Avx2,

    /// <summary>This process, for AVX2, FMA and AVX-VNNI.</summary>
    AvxVnni,

    /// <summary>This process, for AVX-512 F and BW.</summary>
    Avx512,

    /// <summary>This process, for AVX-512 F, BW and VNNI.</summary>
    Avx512Vnni,
}
