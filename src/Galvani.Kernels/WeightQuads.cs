using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// The integers of an output in <see cref="ProductFormat.Int8Quads"/>: in ±127, and of each quad, the two pairs that lie in the same place of two steps (components 8i, 8i + 1, 8i + 4 and 8i + 5, and the others of the eight), the positive
/// ones sum to 128 at most, the negative ones to -128 at least. All are multiplied with 0 to 255, and the four products summed in 16 bits, which hold 255 · 128. What the integers of one sign have too much is taken off all of them alike, as far
/// as they reach: the nearest four numbers within the bound.
/// </summary>
internal ref struct WeightQuads : IDisposable
{
    /// <summary>The components that share a bound.</summary>
    public const int Count = 4;

    // The best magnitude is nearly as many times the weights' root mean square, whatever their distribution: 4.7 to 6.6 times in eight of ten rows of trained weights, 4.8 to 5.9 of evenly distributed ones.
    private const float UsualMagnitude = 5.4f;

    // With it the largest weight is a quarter of a bound.
    private const float MostFactor = (float)Count * WeightPairs.Largest / WeightPairs.LargestSum, FactorStep = 0.25f, FirstFactor = MostFactor - 12 * FactorStep;
    private const int StepWeights = 4;
    private readonly float[] rented;

    /// <param name="row">[K], finite.</param>
    public WeightQuads(ReadOnlySpan<float> row)
    {
        var count = (row.Length + 2 * Count - 1) / (2 * Count) * 2;
        Width = (count + LaneMath.LaneCount - 1) / LaneMath.LaneCount * LaneMath.LaneCount;
        rented = ArrayPool<float>.Shared.Rent(Count * Width);
        for (var component = 0; component < Count; component++)
            rented.AsSpan(component * Width, Width)[(row.Length / (2 * Count) * 2)..].Clear();
        var stepCount = row.Length / StepWeights;
        for (var step = 0; step < stepCount; step++)
            SetStep(step, Vector128.LoadUnsafe(in MemoryMarshal.GetReference(row), (nuint)step * StepWeights));
        if (row.Length % StepWeights == 0)
            return;
        Span<float> rest = [0, 0, 0, 0];
        row[(stepCount * StepWeights)..].CopyTo(rest);
        SetStep(stepCount, Vector128.Create<float>(rest));
    }

    /// <summary>The quads, filled up with zeros to whole lanes.</summary>
    public readonly int Width { get; }

    /// <summary>Where in a row a weight of a quad stands.</summary>
    /// <param name="quad">0-based.</param>
    /// <param name="component">0 to 3.</param>
    public static int IndexOf(int quad, int component) => quad / 2 * (2 * Count) + component / 2 * Count + quad % 2 * 2 + component % 2;

    /// <summary>Whether the integers of a quad are such as packing makes.</summary>
    public static bool IsPossible(ReadOnlySpan<sbyte> quad)
    {
        var (positive, negative) = (0, 0);
        foreach (var integer in quad)
        {
            if (integer < -WeightPairs.Largest)
                return false;
            positive += Math.Max(integer, (sbyte)0);
            negative -= Math.Min(integer, (sbyte)0);
        }

        return positive <= WeightPairs.LargestSum && negative <= WeightPairs.LargestSum;
    }

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose() => ArrayPool<float>.Shared.Return(rented);

    /// <summary>Finds the magnitude that is to become the largest integer: the one with about the least sum of squared errors.</summary>
    /// <param name="extent">How large the weights are; finite and not zero.</param>
    public readonly unsafe float FindScale(WeightExtent extent)
    {
        fixed (float* numbers = rented)
        {
            var errors = new Errors(numbers, Width);
            return extent.IsOfFew
                ? WeightScale.Find(errors, extent.Magnitude, WeightPairs.Largest, FirstFactor, MostFactor, FactorStep)
                : WeightScale.FindNear(errors, extent, UsualMagnitude, MostFactor, WeightPairs.Largest);
        }
    }

    /// <summary>Rounds the weights.</summary>
    /// <param name="factor">What they are multiplied by.</param>
    /// <param name="integers">Receives the quads' first integers, then the second, third and fourth ones, <see cref="Width"/> of each.</param>
    /// <returns>The sum of all.</returns>
    public readonly unsafe int Round(float factor, Span<short> integers)
    {
        fixed (float* numbers = rented)
        fixed (short* destination = integers)
        {
            return InstructionSets.Current switch
            {
                InstructionSet.Avx512 => Round<Lanes512>(numbers, Width, factor, destination),
                InstructionSet.Avx2 => Round<Lanes256>(numbers, Width, factor, destination),
                _ => Round<ScalarLanes>(numbers, Width, factor, destination),
            };
        }
    }

    // Two pairs, which belong to two quads.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void SetStep(int step, Vector128<float> weights)
    {
        var pairs = Vector128.Shuffle(weights, Vector128.Create(0, 2, 1, 3));
        var first = step % 2 * 2 * Width + step / 2 * 2;
        Debug.Assert(step >= 0 && first + Width + 2 <= Count * Width, "the step is one of the row's");
        ref var start = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(rented), first);
        pairs.GetLower().StoreUnsafe(ref start);
        pairs.GetUpper().StoreUnsafe(ref start, (nuint)Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe int Round<TLanes>(float* numbers, int width, float factor, short* destination)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes sums = default;
        for (var i = 0; i < width; i += LaneMath.LaneCount)
        {
            var rounded = Quad<TLanes>.Load(numbers + i, width, factor).Rounded();
            TLanes.StoreShorts(rounded.First, destination + i);
            TLanes.StoreShorts(rounded.Second, destination + width + i);
            TLanes.StoreShorts(rounded.Third, destination + 2 * width + i);
            TLanes.StoreShorts(rounded.Fourth, destination + 3 * width + i);
            sums += rounded.Sum();
        }

        return (int)TLanes.Sum(sums); // exact: at most 2^16 · 32
    }

    /// <summary>About what rounding is off by: what three numbers, as many as mostly are of one sign where a bound is met, have too much is taken as theirs alike.</summary>
    private readonly unsafe struct Errors(float* numbers, int width) : WeightScale.IErrors
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public float Squared<TLanes>(float factor)
            where TLanes : unmanaged, ILanes<TLanes>
        {
            TLanes factors = TLanes.Create(factor), rounding = TLanes.Create(WeightScale.Rounding), bound = TLanes.Create(WeightPairs.LargestSum);
            TLanes largest = TLanes.Create(WeightPairs.Largest), least = TLanes.Create(-WeightPairs.Largest), errors = default, excesses = default;
            for (var i = 0; i < width; i += LaneMath.LaneCount)
            {
                TLanes positive = default, sum = default;
                for (var number = numbers + i; number < numbers + Count * width; number += width)
                {
                    var x = TLanes.Load(number) * factors;
                    var bounded = TLanes.Min(largest, TLanes.Max(least, x));
                    var error = x - (bounded + rounding - rounding);
                    errors = TLanes.MultiplyAdd(error, error, errors);
                    positive += TLanes.Max(bounded, default);
                    sum += bounded;
                }

                TLanes more = TLanes.Max(positive - bound, default), less = TLanes.Max(positive - sum - bound, default);
                excesses = TLanes.MultiplyAdd(more, more, TLanes.MultiplyAdd(less, less, excesses));
            }

            return TLanes.Sum(errors) + TLanes.Sum(excesses) / 3;
        }
    }

    /// <summary>Four numbers in each lane.</summary>
    private readonly record struct Quad<TLanes>(TLanes First, TLanes Second, TLanes Third, TLanes Fourth)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static unsafe Quad<TLanes> Load(float* numbers, int width, float factor)
        {
            var factors = TLanes.Create(factor);
            return new(TLanes.Load(numbers) * factors, TLanes.Load(numbers + width) * factors, TLanes.Load(numbers + 2 * width) * factors, TLanes.Load(numbers + 3 * width) * factors);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLanes Sum() => First + Second + (Third + Fourth);

        /// <summary>The nearest integers within the bounds, or nearly.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Quad<TLanes> Rounded()
        {
            var quad = Bounded();
            var integers = quad.Integers();
            var (positive, negative) = (quad.Positive(), quad.Negative());
            var largestSum = TLanes.Max(TLanes.Max(positive.Sum(), negative.Sum()), TLanes.Max(integers.Positive().Sum(), integers.Negative().Sum()));
            if (!TLanes.AnyGreater(largestSum, TLanes.Create(WeightPairs.LargestSum)))
                return integers; // as most are
            positive = positive.Cut();
            negative = negative.Cut();
            return new(positive.First - negative.First, positive.Second - negative.Second, positive.Third - negative.Third, positive.Fourth - negative.Fourth);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Quad<TLanes> Bounded()
        {
            TLanes largest = TLanes.Create(WeightPairs.Largest), least = TLanes.Create(-WeightPairs.Largest);
            return new(
                TLanes.Min(largest, TLanes.Max(least, First)),
                TLanes.Min(largest, TLanes.Max(least, Second)),
                TLanes.Min(largest, TLanes.Max(least, Third)),
                TLanes.Min(largest, TLanes.Max(least, Fourth)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Quad<TLanes> Integers()
        {
            var rounding = TLanes.Create(WeightScale.Rounding);
            return new(First + rounding - rounding, Second + rounding - rounding, Third + rounding - rounding, Fourth + rounding - rounding);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Quad<TLanes> Positive() => new(TLanes.Max(First, default), TLanes.Max(Second, default), TLanes.Max(Third, default), TLanes.Max(Fourth, default));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Quad<TLanes> Negative()
        {
            TLanes zero = default;
            return new(TLanes.Max(zero - First, zero), TLanes.Max(zero - Second, zero), TLanes.Max(zero - Third, zero), TLanes.Max(zero - Fourth, zero));
        }

        /// <summary>Of numbers that are not negative, integers that sum to the bound at most.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private Quad<TLanes> Cut()
        {
            var quad = this;
            for (var turn = 0; turn < Count - 1; turn++) // each but the last may leave numbers that are less than what is taken off
                quad = quad.Less();
            quad = quad.Integers();
            // Each was rounded by half at most.
            var excess = TLanes.Max(quad.Sum() - TLanes.Create(WeightPairs.LargestSum), default);
            TLanes first = TLanes.Min(quad.First, excess), second = TLanes.Min(quad.Second, excess - first), third = TLanes.Min(quad.Third, excess - first - second);
            return new(quad.First - first, quad.Second - second, quad.Third - third, quad.Fourth - (excess - first - second - third));
        }

        // The numbers, less what each that is not zero has to give so that they sum to the bound.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Quad<TLanes> Less()
        {
            TLanes one = TLanes.Create(1), many = TLanes.Create(1e30f);
            var excess = TLanes.Max(Sum() - TLanes.Create(WeightPairs.LargestSum), default);
            var count = TLanes.Min(First * many, one) + TLanes.Min(Second * many, one) + (TLanes.Min(Third * many, one) + TLanes.Min(Fourth * many, one));
            var share = excess / TLanes.Max(count, one);
            return new Quad<TLanes>(First - share, Second - share, Third - share, Fourth - share).Positive();
        }
    }
}
