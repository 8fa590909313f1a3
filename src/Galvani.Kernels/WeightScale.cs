using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// The scale with which an output's weights lose least when they are rounded to integers: a little below the one that makes the largest weight the largest integer, since a few weights cut short
/// cost less than a coarser step for all. The magnitude is searched that leaves the smallest sum of squared errors: some steps apart while it falls, then half a step to both sides of the best, three times.
/// </summary>
internal static class WeightScale
{
    /// <summary>Added and subtracted again, it rounds to the nearest integer: 1.5 times 2^23.</summary>
    internal const float Rounding = 12582912f;

    private const float LeastFactor = 0.85f;
    private const float FactorStep = 0.05f;
    private const int Refinements = 3;

    /// <summary>What is lost with a scale.</summary>
    internal interface IErrors
    {
        /// <summary>The squared errors of rounding, in squared steps.</summary>
        /// <param name="factor">What the weights are multiplied by.</param>
        float Squared<TLanes>(float factor)
            where TLanes : unmanaged, ILanes<TLanes>;
    }

    /// <summary>Finds the magnitude that is to become the largest integer.</summary>
    /// <param name="row">[K].</param>
    /// <param name="magnitude">Of the largest weight; finite and not zero.</param>
    /// <param name="largest">The largest integer.</param>
    public static unsafe float Find(ReadOnlySpan<float> row, float magnitude, int largest)
    {
        fixed (float* start = row)
            return Find(new Errors(start, row.Length, largest), magnitude, largest, first: 1, LeastFactor, -FactorStep);
    }

    /// <summary>Finds the magnitude that is to become the largest integer.</summary>
    /// <param name="errors">What is lost with a scale.</param>
    /// <param name="magnitude">Of the largest weight; finite and not zero.</param>
    /// <param name="largest">The largest integer.</param>
    /// <param name="first">The first magnitude to try, as a factor of the given one.</param>
    /// <param name="last">The last one to try, where none before lost more than the one before it.</param>
    /// <param name="step">From one to the next; negative where factors fall.</param>
    public static float Find<TErrors>(in TErrors errors, float magnitude, int largest, float first, float last, float step)
        where TErrors : struct, IErrors
    {
        var (best, bestError) = (first, float.PositiveInfinity);
        var count = (int)MathF.Round((last - first) / step);
        for (var i = 0; i <= count && Try(errors, first + i * step, magnitude, largest, ref best, ref bestError); i++)
        {
        }

        for (var refinement = 0; refinement < Refinements; refinement++)
        {
            step /= 2;
            var center = best;
            foreach (var factor in (ReadOnlySpan<float>)[center - step, center + step])
            {
                if (factor <= MathF.Max(first, last))
                    Try(errors, factor, magnitude, largest, ref best, ref bestError);
            }
        }

        return best * magnitude;
    }

    /// <summary>Whether a factor is the best so far.</summary>
    private static bool Try<TErrors>(in TErrors errors, float factor, float magnitude, int largest, ref float best, ref float bestError)
        where TErrors : struct, IErrors
    {
        var step = factor * magnitude / largest;
        if (!float.IsFinite(step))
            return false; // beyond the largest number
        var error = InstructionSets.Current switch
        {
            InstructionSet.Avx512 => errors.Squared<Lanes512>(1 / step),
            InstructionSet.Avx2 => errors.Squared<Lanes256>(1 / step),
            _ => errors.Squared<ScalarLanes>(1 / step),
        };
        error *= factor * factor; // in the same unit for all factors
        if (!(error < bestError))
            return false;
        (best, bestError) = (factor, error);
        return true;
    }

    private readonly unsafe struct Errors(float* row, int width, int largest) : IErrors
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public float Squared<TLanes>(float factor)
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
}
