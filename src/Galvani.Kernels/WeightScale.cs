using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// The scale with which an output's weights lose least when they are rounded to integers: a little below the one that makes the largest weight the largest integer, since a few weights cut short
/// cost less than a coarser step for all; or beyond it, where weights that meet in a sum share a bound. The magnitude is searched that leaves about the smallest sum of squared errors.
/// </summary>
internal static class WeightScale
{
    /// <summary>Added and subtracted again, it rounds to the nearest integer: 1.5 times 2^23.</summary>
    internal const float Rounding = 12582912f;

    private const float LeastFactor = 0.85f;
    private const float FactorStep = 0.05f;
    private const int Refinements = 3;

    private const int Halvings = 2;

    // Rounding makes the errors rough: the parabola's points are not near each other.
    private const float NearStep = 0.1f;

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

    /// <summary>Finds the magnitude that is to become the largest integer: some steps apart while less is lost, then half a step to both sides of the best, three times.</summary>
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

    /// <summary>
    /// Finds the magnitude that is to become the largest integer where that lies beyond the largest weight, near a guess: steps to the side on which less is lost, then the vertex of the parabola through the best and its neighbours.
    /// </summary>
    /// <param name="errors">What is lost with a scale.</param>
    /// <param name="extent">How large the weights are; finite and not zero.</param>
    /// <param name="usual">Where to begin, as a factor of the root mean square; if that is below the magnitude, or beyond where bounds end, at the nearer of these.</param>
    /// <param name="most">Where bounds end, as a factor of the magnitude: with it no weights are beyond them.</param>
    /// <param name="largest">The largest integer.</param>
    public static float FindNear<TErrors>(in TErrors errors, WeightExtent extent, float usual, float most, int largest)
        where TErrors : struct, IErrors
    {
        var (magnitude, guess) = (extent.Magnitude, usual * extent.RootMeanSquare);
        var center = guess > magnitude && float.IsFinite(most * magnitude) ? MathF.Min(guess / magnitude, most) : 1;
        var step = NearStep * center;
        var here = Error(errors, center, magnitude, largest);
        var (below, above) = (Error(errors, center - step, magnitude, largest), Error(errors, center + step, magnitude, largest));
        while (above < here)
        {
            center += step;
            (below, here, above) = (here, above, Error(errors, center + step, magnitude, largest));
        }

        while (below < here && center > 2 * step)
        {
            center -= step;
            (below, here, above) = (Error(errors, center - step, magnitude, largest), below, here);
        }

        for (var halving = 0; halving < Halvings; halving++)
        {
            step /= 2;
            var (left, right) = (Error(errors, center - step, magnitude, largest), Error(errors, center + step, magnitude, largest));
            (below, here, above, center) = left < here && left <= right ? (below, left, here, center - step) : right < here ? (here, right, above, center + step) : (left, here, right, center);
        }

        var vertex = center + step / 2 * (below - above) / (below - here + (above - here));
        return MathF.Min(Error(errors, vertex, magnitude, largest) < here ? vertex : center, most) * magnitude;
    }

    /// <summary>How large the weights of a row are.</summary>
    /// <param name="row">[K].</param>
    public static unsafe WeightExtent Measure(ReadOnlySpan<float> row)
    {
        fixed (float* start = row)
        {
            return InstructionSets.Current switch
            {
                InstructionSet.Avx512 => Measure<Lanes512>(start, row.Length),
                InstructionSet.Avx2 => Measure<Lanes256>(start, row.Length),
                _ => Measure<ScalarLanes>(start, row.Length),
            };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe WeightExtent Measure<TLanes>(float* row, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes zero = default, largest = default, squares = default, broken = default;
        for (var k = 0; k < width; k += LaneMath.LaneCount)
        {
            var x = k <= width - LaneMath.LaneCount ? TLanes.Load(row + k) : TLanes.LoadPartial(row + k, width - k, filler: default);
            largest = TLanes.Max(largest, TLanes.Max(x, zero - x));
            squares = TLanes.MultiplyAdd(x, x, squares);
            broken += x * zero; // zero, or NaN for good
        }

        var sum = TLanes.Sum(broken);
        return float.IsNaN(sum) ? new(sum, sum, width) : new(TLanes.Maximum(largest), MathF.Sqrt(TLanes.Sum(squares) / Math.Max(1, width)), width);
    }

    /// <summary>Whether a factor is the best so far.</summary>
    private static bool Try<TErrors>(in TErrors errors, float factor, float magnitude, int largest, ref float best, ref float bestError)
        where TErrors : struct, IErrors
    {
        var error = Error(errors, factor, magnitude, largest);
        if (!(error < bestError))
            return false;
        (best, bestError) = (factor, error);
        return true;
    }

    // Squared errors, in the same unit for all factors; NaN, which is less than nothing, where there is no scale.
    private static float Error<TErrors>(in TErrors errors, float factor, float magnitude, int largest)
        where TErrors : struct, IErrors
    {
        var step = factor * magnitude / largest;
        if (!float.IsFinite(step))
            return float.NaN; // beyond the largest number
        var error = InstructionSets.Current switch
        {
            InstructionSet.Avx512 => errors.Squared<Lanes512>(1 / step),
            InstructionSet.Avx2 => errors.Squared<Lanes256>(1 / step),
            _ => errors.Squared<ScalarLanes>(1 / step),
        };
        return error * (factor * factor);
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

/// <summary>How large the weights of an output are.</summary>
/// <param name="Magnitude">The largest magnitude; NaN where a weight is not finite.</param>
/// <param name="RootMeanSquare">The root of the mean square; infinite where the squares are beyond the largest number.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct WeightExtent(float Magnitude, float RootMeanSquare, int Count)
{
    private const int Few = 128;

    /// <summary>Whether there are so few that their errors are too rough for a parabola.</summary>
    public bool IsOfFew => Count <= Few;
}
