using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>Soft-max of rows, in place, the row's maximum subtracted first. Sums run in sixteen lanes over the row, added in one fixed order.</summary>
public static unsafe class SoftMax
{
    /// <summary>e^x / Σ e^x of each row.</summary>
    /// <param name="values">[R, N], overwritten.</param>
    /// <param name="width">N.</param>
    /// <exception cref="ArgumentException">The values are no rows of this width.</exception>
    public static void Rows(Span<float> values, int width)
    {
        Check(values, width);
        fixed (float* start = values)
        {
            for (var row = start; row < start + values.Length; row += width)
            {
                switch (InstructionSets.Current)
                {
                    case InstructionSet.Avx512: Row<Lanes512>(row, width); break;
                    case InstructionSet.Avx2: Row<Lanes256>(row, width); break;
                    default: Row<ScalarLanes>(row, width); break;
                }
            }
        }
    }

    /// <summary>x - ln Σ e^x of each row; the sum in double precision, since rows are as long as a vocabulary.</summary>
    /// <param name="values">[R, N], overwritten.</param>
    /// <param name="width">N.</param>
    /// <exception cref="ArgumentException">The values are no rows of this width.</exception>
    public static void LogRows(Span<float> values, int width)
    {
        Check(values, width);
        fixed (float* start = values)
        {
            for (var row = start; row < start + values.Length; row += width)
            {
                switch (InstructionSets.Current)
                {
                    case InstructionSet.Avx512: LogRow<Lanes512>(row, width); break;
                    case InstructionSet.Avx2: LogRow<Lanes256>(row, width); break;
                    default: LogRow<ScalarLanes>(row, width); break;
                }
            }
        }
    }

    /// <summary>The largest element; a NaN may be passed over.</summary>
    internal static float Maximum(ReadOnlySpan<float> values)
    {
        fixed (float* start = values)
        {
            return InstructionSets.Current switch
            {
                InstructionSet.Avx512 => Maximum<Lanes512>(start, values.Length),
                InstructionSet.Avx2 => Maximum<Lanes256>(start, values.Length),
                _ => Maximum<ScalarLanes>(start, values.Length),
            };
        }
    }

    /// <summary>Σ e^(x - shift) in double precision: sixteen sums side by side, each of every sixteenth element, then added in one fixed order.</summary>
    internal static double SumOfExponentials(ReadOnlySpan<float> values, float shift)
    {
        fixed (float* start = values)
        {
            return InstructionSets.Current switch
            {
                InstructionSet.Avx512 => SumOfExponentials<Lanes512>(start, values.Length, shift),
                InstructionSet.Avx2 => SumOfExponentials<Lanes256>(start, values.Length, shift),
                _ => SumOfExponentials<ScalarLanes>(start, values.Length, shift),
            };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Row<TLanes>(float* row, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var maximum = TLanes.Create(Maximum<TLanes>(row, width));
        TLanes sums = default;
        var i = 0;
        for (; i <= width - LaneMath.LaneCount; i += LaneMath.LaneCount)
        {
            var power = LaneMath.Exp(TLanes.Load(row + i) - maximum);
            sums += power;
            TLanes.Store(power, row + i);
        }

        if (i < width)
        {
            var power = LaneMath.Exp(TLanes.LoadPartial(row + i, width - i, TLanes.Create(float.NegativeInfinity)) - maximum);
            sums += power;
            TLanes.StorePartial(power, row + i, width - i);
        }

        var sum = TLanes.Create(TLanes.Sum(sums));
        for (i = 0; i <= width - LaneMath.LaneCount; i += LaneMath.LaneCount)
            TLanes.Store(TLanes.Load(row + i) / sum, row + i);
        if (i < width)
            TLanes.StorePartial(TLanes.LoadPartial(row + i, width - i, filler: default) / sum, row + i, width - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void LogRow<TLanes>(float* row, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var largest = Maximum<TLanes>(row, width);
        var logSum = TLanes.Create((float)Math.Log(SumOfExponentials<TLanes>(row, width, largest)));
        var maximum = TLanes.Create(largest);
        var i = 0;
        for (; i <= width - LaneMath.LaneCount; i += LaneMath.LaneCount)
            TLanes.Store(TLanes.Load(row + i) - maximum - logSum, row + i);
        if (i < width)
            TLanes.StorePartial(TLanes.LoadPartial(row + i, width - i, filler: default) - maximum - logSum, row + i, width - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static double SumOfExponentials<TLanes>(float* row, int width, float shift)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var sums = stackalloc double[LaneMath.LaneCount];
        new Span<double>(sums, LaneMath.LaneCount).Clear();
        var shifts = TLanes.Create(shift);
        var i = 0;
        for (; i <= width - LaneMath.LaneCount; i += LaneMath.LaneCount)
            TLanes.AddTo(LaneMath.Exp(TLanes.Load(row + i) - shifts), sums);
        if (i < width)
            TLanes.AddTo(LaneMath.Exp(TLanes.LoadPartial(row + i, width - i, TLanes.Create(float.NegativeInfinity)) - shifts), sums);
        var sum = 0.0;
        for (var lane = 0; lane < LaneMath.LaneCount; lane++)
            sum += sums[lane];
        return sum;
    }

    /// <summary>The largest element; a NaN may be passed over, and comes out of the exponentials.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Maximum<TLanes>(float* row, int width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var largest = TLanes.Create(float.NegativeInfinity);
        var i = 0;
        for (; i <= width - LaneMath.LaneCount; i += LaneMath.LaneCount)
            largest = TLanes.Max(TLanes.Load(row + i), largest);
        if (i < width)
            largest = TLanes.Max(TLanes.LoadPartial(row + i, width - i, largest), largest);
        return TLanes.Maximum(largest);
    }

    private static void Check(ReadOnlySpan<float> values, int width)
    {
        if (width <= 0 || values.Length % width != 0)
            throw new ArgumentException($"{values.Length} values are no rows of {width}.", nameof(width));
    }
}
