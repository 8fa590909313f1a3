using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>The one place that chooses the instruction set: the widest this processor has, or what the environment variable <see cref="Variable"/> says.</summary>
public static class InstructionSets
{
    /// <summary>The environment variable that forces a choice: <c>scalar</c>, <c>avx2</c> or <c>avx512</c>. Read once.</summary>
    public const string Variable = "GALVANI_FORCE_ISA";

    private static readonly InstructionSet Widest =
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported ? InstructionSet.Avx512
        : Avx2.IsSupported && Fma.IsSupported ? InstructionSet.Avx2
        : InstructionSet.Scalar;

    private static readonly InstructionSet? Chosen = TryChoose(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Whether there are 256-bit instructions that multiply and add bytes (AVX-VNNI); never when a set is forced, which means that set alone.</summary>
    internal static bool HasByteProducts { get; } = AvxVnni.IsSupported && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The set that every kernel uses in this process.</summary>
    /// <exception cref="PlatformNotSupportedException">The variable names no set, or one that this processor or runtime does not have.</exception>
    public static InstructionSet Current => Chosen ?? throw Refusal();

    /// <summary>The name of <see cref="Current"/>, as <see cref="Variable"/> spells it.</summary>
    /// <exception cref="PlatformNotSupportedException">As for <see cref="Current"/>.</exception>
    public static string CurrentName => Name(Current);

    private static InstructionSet? TryChoose(string? forced)
    {
        if (string.IsNullOrEmpty(forced))
            return Widest;
        foreach (var set in (ReadOnlySpan<InstructionSet>)[InstructionSet.Scalar, InstructionSet.Avx2, InstructionSet.Avx512])
        {
            if (set <= Widest && string.Equals(forced, Name(set), StringComparison.OrdinalIgnoreCase))
                return set;
        }

        return null;
    }

    private static PlatformNotSupportedException Refusal() => new(
        $"{Variable} is '{Environment.GetEnvironmentVariable(Variable)}', expected scalar, avx2 or avx512, at most {Name(Widest)} on this processor and runtime. Correct the variable or remove it.");

    private static string Name(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => "avx512",
        InstructionSet.Avx2 => "avx2",
        _ => "scalar",
    };
}
