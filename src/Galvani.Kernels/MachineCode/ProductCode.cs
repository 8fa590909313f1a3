namespace Galvani.Kernels.MachineCode;

/// <summary>Where the code of products comes from.</summary>
internal enum ProductCode
{
    /// <summary>The runtime's compiler, as that of all kernels.</summary>
    Compiled,

    /// <summary>This process, for AVX-512 F and BW.</summary>
    Avx512,

    /// <summary>This process, for AVX-512 F, BW and VNNI.</summary>
    Avx512Vnni,
}
