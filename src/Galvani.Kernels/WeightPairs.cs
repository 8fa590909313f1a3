using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// The integers of an output in <see cref="ProductFormat.Int8"/>: in ±127, and of each pair of neighbours (components 2i and 2i + 1) the positive ones sum to 128 at most, the negative ones to -128 at least. Both are multiplied
/// with 0 to 255 and summed in 16 bits, which hold 255 · 128. Pairs that come near the bound are rare, so the scale is much finer than one that keeps each integer within 63; what a pair has too much is taken off both alike.
/// </summary>
internal ref struct WeightPairs : IDisposable
{
    /// <summary>The largest integer of a weight.</summary>
    public const int Largest = 127;

    /// <summary>The largest sum of a pair.</summary>
    public const int LargestSum = 128;

    // The best magnitude is nearly as many times the weights' root mean square, whatever their distribution: 3.4 to 4.7 times in eight of ten rows of trained weights, 3.1 to 3.4 of evenly distributed ones.
    private const float UsualMagnitude = 3.5f;

    // With it the largest weight is half a bound.
    private const float MostFactor = 2f * Largest / LargestSum, FactorStep = 0.25f, FirstFactor = MostFactor - 4 * FactorStep;
    private const int TwoPairs = 4;
    private readonly float[] rented;
    private readonly Span<float> evens;
    private readonly Span<float> odds;

    /// <param name="row">[K], finite.</param>
    public WeightPairs(ReadOnlySpan<float> row)
    {
        var width = (row.Length / 2 + LaneMath.LaneCount) / LaneMath.LaneCount * LaneMath.LaneCount;
        rented = ArrayPool<float>.Shared.Rent(2 * width);
        evens = rented.AsSpan(0, width);
        odds = rented.AsSpan(width, width);
        var pair = 0;
        for (; row.Length >= TwoPairs; pair += 2, row = row[TwoPairs..])
        {
            var pairs = Vector128.Shuffle(Vector128.Create(row), Vector128.Create(0, 2, 1, 3));
            pairs.GetLower().CopyTo(evens[pair..]);
            pairs.GetUpper().CopyTo(odds[pair..]);
        }

        evens[pair..].Clear();
        odds[pair..].Clear();
        for (var i = 0; i < row.Length; i++)
            (i % 2 == 0 ? evens : odds)[pair + i / 2] = row[i];
    }

    /// <summary>Whether two neighbours are such as packing makes.</summary>
    public static bool IsPossible(sbyte even, sbyte odd) => even >= -Largest && odd >= -Largest && Math.Abs(even + odd) <= LargestSum;

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose() => ArrayPool<float>.Shared.Return(rented);

    /// <summary>Finds the magnitude that is to become the largest integer: the one with about the least sum of squared errors.</summary>
    /// <param name="extent">How large the weights are; finite and not zero.</param>
    public readonly unsafe float FindScale(WeightExtent extent)
    {
        fixed (float* even = evens, odd = odds)
        {
            var errors = new Errors(even, odd, evens.Length);
            return extent.IsOfFew
                ? WeightScale.Find(errors, extent.Magnitude, Largest, FirstFactor, MostFactor, FactorStep)
                : WeightScale.FindNear(errors, extent, UsualMagnitude, MostFactor, Largest);
        }
    }

    /// <summary>Rounds the weights.</summary>
    /// <param name="factor">What they are multiplied by.</param>
    /// <param name="integers">Receives the pairs' first integers and then the second ones, <see cref="HalfWidth"/> of each.</param>
    /// <returns>The sum of all.</returns>
    public readonly unsafe int Round(float factor, Span<short> integers)
    {
        fixed (float* even = evens, odd = odds)
        fixed (short* destination = integers)
        {
            return InstructionSets.Current switch
            {
                InstructionSet.Avx512 => Round<Lanes512>(even, odd, evens.Length, factor, destination),
                InstructionSet.Avx2 => Round<Lanes256>(even, odd, evens.Length, factor, destination),
                _ => Round<ScalarLanes>(even, odd, evens.Length, factor, destination),
            };
        }
    }

    /// <summary>The pairs, filled up with zeros to whole lanes.</summary>
    public readonly int HalfWidth => evens.Length;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe int Round<TLanes>(float* evens, float* odds, int width, float factor, short* destination)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes sums = default;
        for (var i = 0; i < width; i += LaneMath.LaneCount)
        {
            var (even, odd) = Rounded(TLanes.Load(evens + i) * TLanes.Create(factor), TLanes.Load(odds + i) * TLanes.Create(factor));
            TLanes.StoreShorts(even, destination + i);
            TLanes.StoreShorts(odd, destination + width + i);
            sums += even + odd;
        }

        return (int)TLanes.Sum(sums); // exact: at most 2^16 · 64
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TLanes Even, TLanes Odd) Rounded<TLanes>(TLanes x, TLanes y)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes largest = TLanes.Create(Largest), least = TLanes.Create(-Largest), largestSum = TLanes.Create(LargestSum), leastSum = TLanes.Create(-LargestSum), rounding = TLanes.Create(WeightScale.Rounding);
        x = TLanes.Min(largest, TLanes.Max(least, x));
        y = TLanes.Min(largest, TLanes.Max(least, y));
        var sum = x + y;
        var excess = (sum - TLanes.Min(largestSum, TLanes.Max(leastSum, sum))) * TLanes.Create(0.5f);
        var even = x - excess + rounding - rounding;
        var odd = y - excess + rounding - rounding;
        // Rounded apart they may be one beyond the bound. Of two signs neither limit is nearer than the largest integer.
        return (even, TLanes.Max(leastSum - even, TLanes.Min(largestSum - even, odd)));
    }

    private readonly unsafe struct Errors(float* evens, float* odds, int width) : WeightScale.IErrors
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public float Squared<TLanes>(float factor)
            where TLanes : unmanaged, ILanes<TLanes>
        {
            TLanes factors = TLanes.Create(factor), errors = default;
            for (var i = 0; i < width; i += LaneMath.LaneCount)
            {
                TLanes x = TLanes.Load(evens + i) * factors, y = TLanes.Load(odds + i) * factors;
                var (even, odd) = Rounded(x, y);
                errors = TLanes.MultiplyAdd(x - even, x - even, errors);
                errors = TLanes.MultiplyAdd(y - odd, y - odd, errors);
            }

            return TLanes.Sum(errors);
        }
    }
}
