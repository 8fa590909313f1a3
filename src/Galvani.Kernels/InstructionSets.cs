using System.Runtime.Intrinsics.X86;
using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>The one place that chooses the instruction set: the widest this processor has, or what the environment variable <see cref="Variable"/> says.</summary>
public static class InstructionSets
{
    /// <summary>
    /// The environment variable that forces a choice: <c>scalar</c>, <c>avx2</c> or <c>avx512</c> for that set alone; <c>avx2-code</c>, <c>avx-vnni-code</c>, <c>avx512-code</c> or
    /// <c>avx512-vnni-code</c> for products in machine code that the program itself writes for these sets, which is what it does unasked for the best that the processor has (Linux; without AVX-512 on AMD's processors alone). Read once.
    /// </summary>
    public const string Variable = "GALVANI_FORCE_ISA";

    private const string CodeSuffix = "-code";

    private static readonly InstructionSet Widest =
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported ? InstructionSet.Avx512
        : Avx2.IsSupported && Fma.IsSupported ? InstructionSet.Avx2
        : InstructionSet.Scalar;

    private static readonly InstructionSet[] Sets = [InstructionSet.Scalar, InstructionSet.Avx2, InstructionSet.Avx512];

    private static readonly Choice? Chosen = TryChoose(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Whether there are 256-bit instructions that multiply and add bytes (AVX-VNNI); never when a set is forced, which means that set alone.</summary>
    internal static bool HasByteProducts { get; } = AvxVnni.IsSupported && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The set that every kernel uses in this process, products perhaps excepted.</summary>
    /// <exception cref="PlatformNotSupportedException">The variable names no set, or one that this processor or runtime does not have.</exception>
    public static InstructionSet Current => (Chosen ?? throw Refusal()).Set;

    /// <summary>The name of <see cref="Current"/>, as <see cref="Variable"/> spells it.</summary>
    /// <exception cref="PlatformNotSupportedException">As for <see cref="Current"/>.</exception>
    public static string CurrentName => Name(Current);

    /// <summary>What products with weights use, as <see cref="Variable"/> spells it; <c>avx-vnni</c> where those of bytes use that.</summary>
    /// <exception cref="PlatformNotSupportedException">As for <see cref="Current"/>.</exception>
    public static string ProductsName => Products != ProductCode.Compiled ? Name(Products) : HasByteProducts ? "avx-vnni" : CurrentName;

    /// <summary>Where the code of products comes from.</summary>
    /// <exception cref="PlatformNotSupportedException">As for <see cref="Current"/>.</exception>
    internal static ProductCode Products => (Chosen ?? throw Refusal()).Code;

    private static Choice? TryChoose(string? forced)
    {
        if (string.IsNullOrEmpty(forced))
            return new Choice(Widest, TilePrograms.Best);
        foreach (var set in Sets)
        {
            if (set <= Widest && string.Equals(forced, Name(set), StringComparison.OrdinalIgnoreCase))
                return new Choice(set, ProductCode.Compiled);
        }

        foreach (var code in TilePrograms.Available)
        {
            if (string.Equals(forced, Name(code), StringComparison.OrdinalIgnoreCase))
                return new Choice(code < ProductCode.Avx512 ? InstructionSet.Avx2 : Widest, code);
        }

        return null;
    }

    private static PlatformNotSupportedException Refusal() => new(
        $"{Variable} is '{Environment.GetEnvironmentVariable(Variable)}', expected scalar, avx2, avx512, avx2-code, avx-vnni-code, avx512-code or avx512-vnni-code; this processor and runtime have {Names()}. Correct the variable or remove it.");

    private static string Name(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => "avx512",
        InstructionSet.Avx2 => "avx2",
        _ => "scalar",
    };

    private static string Name(ProductCode code) => code switch
    {
        ProductCode.Avx512Vnni => "avx512-vnni",
        ProductCode.Avx512 => "avx512",
        ProductCode.AvxVnni => "avx-vnni",
        _ => "avx2",
    } + CodeSuffix;

    private static string Names() => string.Join(", ", [.. Sets.Where(set => set <= Widest).Select(Name), .. TilePrograms.Available.Select(Name)]);

    private readonly record struct Choice(InstructionSet Set, ProductCode Code);
}
