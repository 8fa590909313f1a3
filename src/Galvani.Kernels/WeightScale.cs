using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// The scale with which an output's weights lose least when they are rounded to integers: a little below the one that makes the largest weight the largest integer, since a few weights cut short
/// cost less than a coarser step for all. The magnitude is searched that leaves the smallest sum of squared errors.
/// </summary>
internal static class WeightScale
{
    // Factors 1, 0.95, 0.9 and 0.85, then half a step to both sides of the best, three times.
    private const int CoarseSteps = 4;
    private const float CoarseStep = 0.05f;
    private const int Refinements = 3;

    // Added and subtracted again, it rounds to the nearest integer: 1.5 times 2^23.
    private const float Rounding = 12582912f;

    /// <summary>Finds the magnitude that is to become the largest integer.</summary>
    /// <param name="row">[K].</param>
    /// <param name="magnitude">Of the largest weight; finite and not zero.</param>
    /// <param name="largest">The largest integer.</param>
    public static float Find(ReadOnlySpan<float> row, float magnitude, int largest)
    {
        var (best, bestError) = (1f, float.PositiveInfinity);
        for (var step = 0; step < CoarseSteps; step++)
            Try(1 - step * CoarseStep, row, magnitude, largest, ref best, ref bestError);
        for (var (refinement, step) = (0, CoarseStep / 2); refinement < Refinements; refinement++, step /= 2)
        {
            var center = best;
            Try(center - step, row, magnitude, largest, ref best, ref bestError);
            if (center + step <= 1)
                Try(center + step, row, magnitude, largest, ref best, ref bestError);
        }

        return best * magnitude;
    }

    private static unsafe void Try(float factor, ReadOnlySpan<float> row, float magnitude, int largest, ref float best, ref float bestError)
    {
        fixed (float* start = row)
        {
            var step = factor * magnitude / largest;
            var error = InstructionSets.Current switch
            {
                InstructionSet.Avx512 => SquaredError<Lanes512>(start, row.Length, 1 / step, largest),
                InstructionSet.Avx2 => SquaredError<Lanes256>(start, row.Length, 1 / step, largest),
                _ => SquaredError<ScalarLanes>(start, row.Length, 1 / step, largest),
            };
            error *= factor * factor; // in the same unit for all factors
            if (error < bestError)
                (best, bestError) = (factor, error);
        }
    }

    /// <summary>The squared errors of rounding, in squared steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe float SquaredError<TLanes>(float* row, int width, float factor, int largest)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes factors = TLanes.Create(factor), rounding = TLanes.Create(Rounding), high = TLanes.Create(largest), low = TLanes.Create(-largest), errors = default;
        for (var k = 0; k < width; k += LaneMath.LaneCount)
        {
            var x = (k <= width - LaneMath.LaneCount ? TLanes.Load(row + k) : TLanes.LoadPartial(row + k, width - k, filler: default)) * factors;
            var rest = x - TLanes.Min(high, TLanes.Max(low, x + rounding - rounding));
            errors = TLanes.MultiplyAdd(rest, rest, errors);
        }

        return TLanes.Sum(errors);
    }
}
