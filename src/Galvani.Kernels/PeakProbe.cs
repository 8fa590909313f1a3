// What a processor can do at most, as work whose cost is known: fused multiply-adds that never wait for one another, and reading memory that no cache holds.
// Twelve accumulators: two fused multiply-adds start each cycle and each takes four or five, so eight to ten must be under way; twelve and the two factors fit 16 registers.
// The loops are never inlined: a caller that dropped the result would get an empty loop, and one measured twelve times the peak.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Galvani.Kernels.MachineCode;

namespace Galvani.Kernels;

/// <summary>Work whose cost is known, for measuring the peaks that speeds are shares of.</summary>
public static class PeakProbe
{
    /// <summary>Chains of multiply-adds under way at once.</summary>
    internal const int Accumulators = 12;

    // acc x Factor + Term tends to Term / (1 - Factor) = 1: no overflow, no subnormal numbers.
    private const float Factor = 0.75f;
    private const float Term = 0.25f;

    private static bool IsWide => PeakCode.IsAvailable || InstructionSets.Current == InstructionSet.Avx512;

    /// <summary>The floating-point operations of one step of <see cref="MultiplyAdds"/>: a multiplication and an addition each count as one.</summary>
    public static int OperationsPerStep => 2 * Accumulators * (IsWide ? Vector512<float>.Count : Vector256<float>.Count);

    /// <summary>Runs independent fused multiply-adds on vectors of the instruction set that products use, at least 256 bits.</summary>
    /// <param name="steps">How many times each accumulator is multiplied and added to.</param>
    /// <returns>A number that depends on all of them, so that none can be left out.</returns>
    public static float MultiplyAdds(int steps) =>
        PeakCode.IsAvailable ? PeakCode.Run(steps, Factor, Term) : IsWide ? MultiplyAdds512(steps) : MultiplyAdds256(steps);

    /// <summary>Reads every number once.</summary>
    /// <param name="numbers">[N]; far more than the caches hold, to measure memory.</param>
    /// <returns>Their sum, in no particular order.</returns>
    public static float ReadAll(ReadOnlySpan<float> numbers)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(numbers);
        var (sum0, sum1, sum2, sum3) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        var i = 0;
        for (; i <= vectors.Length - 4; i += 4)
        {
            sum0 += vectors[i];
            sum1 += vectors[i + 1];
            sum2 += vectors[i + 2];
            sum3 += vectors[i + 3];
        }

        var sum = Vector256.Sum(sum0 + sum1 + sum2 + sum3);
        for (var rest = i * Vector256<float>.Count; rest < numbers.Length; rest++)
            sum += numbers[rest];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdds256(int steps)
    {
        var (factor, term) = (Vector256.Create(Factor), Vector256.Create(Term));
        var (a, b, c, d, e, f) = (term, term, term, term, term, term);
        var (g, h, i, j, k, l) = (term, term, term, term, term, term);
        for (var step = 0; step < steps; step++)
        {
            a = Vector256.FusedMultiplyAdd(a, factor, term);
            b = Vector256.FusedMultiplyAdd(b, factor, term);
            c = Vector256.FusedMultiplyAdd(c, factor, term);
            d = Vector256.FusedMultiplyAdd(d, factor, term);
            e = Vector256.FusedMultiplyAdd(e, factor, term);
            f = Vector256.FusedMultiplyAdd(f, factor, term);
            g = Vector256.FusedMultiplyAdd(g, factor, term);
            h = Vector256.FusedMultiplyAdd(h, factor, term);
            i = Vector256.FusedMultiplyAdd(i, factor, term);
            j = Vector256.FusedMultiplyAdd(j, factor, term);
            k = Vector256.FusedMultiplyAdd(k, factor, term);
            l = Vector256.FusedMultiplyAdd(l, factor, term);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdds512(int steps)
    {
        var (factor, term) = (Vector512.Create(Factor), Vector512.Create(Term));
        var (a, b, c, d, e, f) = (term, term, term, term, term, term);
        var (g, h, i, j, k, l) = (term, term, term, term, term, term);
        for (var step = 0; step < steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, factor, term);
            b = Vector512.FusedMultiplyAdd(b, factor, term);
            c = Vector512.FusedMultiplyAdd(c, factor, term);
            d = Vector512.FusedMultiplyAdd(d, factor, term);
            e = Vector512.FusedMultiplyAdd(e, factor, term);
            f = Vector512.FusedMultiplyAdd(f, factor, term);
            g = Vector512.FusedMultiplyAdd(g, factor, term);
            h = Vector512.FusedMultiplyAdd(h, factor, term);
            i = Vector512.FusedMultiplyAdd(i, factor, term);
            j = Vector512.FusedMultiplyAdd(j, factor, term);
            k = Vector512.FusedMultiplyAdd(k, factor, term);
            l = Vector512.FusedMultiplyAdd(l, factor, term);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
