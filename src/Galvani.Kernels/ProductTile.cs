using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>
/// A tile of up to 6 rows and up to 4 panels, each element's sum in an accumulator of its own. Written once: the step says in which numbers, the shape how much fits the
/// registers; what a shape does not use is gone once compiled. The sums leave through memory, since a call behind the loop would make the compiler keep them there.
/// </summary>
/// <typeparam name="TStep">A step along K.</typeparam>
/// <typeparam name="TSums">A panel's sixteen sums, or weights, or sixteen times a row's input.</typeparam>
/// <typeparam name="TShape">How many rows and panels.</typeparam>
internal readonly unsafe struct ProductTile<TStep, TSums, TShape> : IProductTile
    where TStep : struct, IProductStep<TSums>
    where TSums : unmanaged
    where TShape : struct, ITileShape
{
    private const int LineBytes = 64;

    /// <inheritdoc/>
    public static int RowCount => TShape.RowCount;

    /// <inheritdoc/>
    public static int PanelCount(int rowCount) => TShape.PanelCount(rowCount);

    /// <inheritdoc/>
    public static bool HasEpilogue => false;

    /// <inheritdoc/>
    public static void Multiply(int rowCount, int panelCount, ref ProductOperands operands, int* sums)
    {
        switch (rowCount)
        {
            case 1: Multiply<Counts.One>(panelCount, operands, sums); break;
            case 2: Multiply<Counts.Two>(panelCount, operands, sums); break;
            case 3: Multiply<Counts.Three>(panelCount, operands, sums); break;
            case 4: Multiply<Counts.Four>(panelCount, operands, sums); break;
            case 5: Multiply<Counts.Five>(panelCount, operands, sums); break;
            default: Multiply<Counts.Six>(panelCount, operands, sums); break;
        }
    }

    private static void Multiply<TRows>(int panelCount, in ProductOperands operands, int* sums)
        where TRows : struct, ICount
    {
        if (panelCount == 4)
            Multiply<TRows, Counts.Four>(operands, sums);
        else if (panelCount == 2)
            Multiply<TRows, Counts.Two>(operands, sums);
        else
            Multiply<TRows, Counts.One>(operands, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply<TRows, TPanels>(in ProductOperands operands, int* sums)
        where TRows : struct, ICount
        where TPanels : struct, ICount
    {
        TSums sum00 = default, sum01 = default, sum02 = default, sum03 = default;
        TSums sum10 = default, sum11 = default, sum12 = default, sum13 = default;
        TSums sum20 = default, sum21 = default, sum22 = default, sum23 = default;
        TSums sum30 = default, sum31 = default, sum32 = default, sum33 = default;
        TSums sum40 = default, sum41 = default, sum42 = default, sum43 = default;
        TSums sum50 = default, sum51 = default, sum52 = default, sum53 = default;
        var weight = operands.Weight;
        var panelBytes = operands.PanelBytes;
        var prefetch = operands.Prefetch;
        var prefetchBytes = operands.PrefetchBytes;
        var isNear = operands.IsPrefetchNear;
        var input0 = (int*)operands.Input;
        var input1 = (int*)((byte*)input0 + (TRows.Value > 1 ? operands.InputRowBytes : 0));
        var input2 = (int*)((byte*)input1 + (TRows.Value > 2 ? operands.InputRowBytes : 0));
        var input3 = (int*)((byte*)input2 + (TRows.Value > 3 ? operands.InputRowBytes : 0));
        var input4 = (int*)((byte*)input3 + (TRows.Value > 4 ? operands.InputRowBytes : 0));
        var input5 = (int*)((byte*)input4 + (TRows.Value > 5 ? operands.InputRowBytes : 0));
        for (nint step = 0; step < operands.StepCount; step++)
        {
            if (isNear)
                PrefetchNear(prefetch);
            else
                Prefetch<TPanels>(prefetch, prefetchBytes);
            prefetch += prefetchBytes;
            var weight0 = TStep.LoadWeights(weight);
            var weight1 = TPanels.Value > 1 ? TStep.LoadWeights(weight + panelBytes) : default;
            var weight2 = TPanels.Value > 2 ? TStep.LoadWeights(weight + 2 * panelBytes) : default;
            var weight3 = TPanels.Value > 2 ? TStep.LoadWeights(weight + 3 * panelBytes) : default;
            weight += TStep.WeightBytes;
            var value = TStep.LoadInput(input0 + step);
            sum00 = TStep.MultiplyAdd(value, weight0, sum00);
            if (TPanels.Value > 1)
                sum01 = TStep.MultiplyAdd(value, weight1, sum01);
            if (TPanels.Value > 2)
            {
                sum02 = TStep.MultiplyAdd(value, weight2, sum02);
                sum03 = TStep.MultiplyAdd(value, weight3, sum03);
            }

            if (TRows.Value > 1)
            {
                value = TStep.LoadInput(input1 + step);
                sum10 = TStep.MultiplyAdd(value, weight0, sum10);
                if (TPanels.Value > 1)
                    sum11 = TStep.MultiplyAdd(value, weight1, sum11);
                if (TPanels.Value > 2)
                {
                    sum12 = TStep.MultiplyAdd(value, weight2, sum12);
                    sum13 = TStep.MultiplyAdd(value, weight3, sum13);
                }
            }

            if (TRows.Value > 2)
            {
                value = TStep.LoadInput(input2 + step);
                sum20 = TStep.MultiplyAdd(value, weight0, sum20);
                if (TPanels.Value > 1)
                    sum21 = TStep.MultiplyAdd(value, weight1, sum21);
                if (TPanels.Value > 2)
                {
                    sum22 = TStep.MultiplyAdd(value, weight2, sum22);
                    sum23 = TStep.MultiplyAdd(value, weight3, sum23);
                }
            }

            if (TRows.Value > 3)
            {
                value = TStep.LoadInput(input3 + step);
                sum30 = TStep.MultiplyAdd(value, weight0, sum30);
                if (TPanels.Value > 1)
                    sum31 = TStep.MultiplyAdd(value, weight1, sum31);
                if (TPanels.Value > 2)
                {
                    sum32 = TStep.MultiplyAdd(value, weight2, sum32);
                    sum33 = TStep.MultiplyAdd(value, weight3, sum33);
                }
            }

            if (TRows.Value > 4)
            {
                value = TStep.LoadInput(input4 + step);
                sum40 = TStep.MultiplyAdd(value, weight0, sum40);
                if (TPanels.Value > 1)
                    sum41 = TStep.MultiplyAdd(value, weight1, sum41);
                if (TPanels.Value > 2)
                {
                    sum42 = TStep.MultiplyAdd(value, weight2, sum42);
                    sum43 = TStep.MultiplyAdd(value, weight3, sum43);
                }
            }

            if (TRows.Value > 5)
            {
                value = TStep.LoadInput(input5 + step);
                sum50 = TStep.MultiplyAdd(value, weight0, sum50);
                if (TPanels.Value > 1)
                    sum51 = TStep.MultiplyAdd(value, weight1, sum51);
                if (TPanels.Value > 2)
                {
                    sum52 = TStep.MultiplyAdd(value, weight2, sum52);
                    sum53 = TStep.MultiplyAdd(value, weight3, sum53);
                }
            }
        }

        Store<TPanels>(sum00, sum01, sum02, sum03, sums);
        if (TRows.Value > 1)
            Store<TPanels>(sum10, sum11, sum12, sum13, sums + 1 * TPanels.Value * LaneMath.LaneCount);
        if (TRows.Value > 2)
            Store<TPanels>(sum20, sum21, sum22, sum23, sums + 2 * TPanels.Value * LaneMath.LaneCount);
        if (TRows.Value > 3)
            Store<TPanels>(sum30, sum31, sum32, sum33, sums + 3 * TPanels.Value * LaneMath.LaneCount);
        if (TRows.Value > 4)
            Store<TPanels>(sum40, sum41, sum42, sum43, sums + 4 * TPanels.Value * LaneMath.LaneCount);
        if (TRows.Value > 5)
            Store<TPanels>(sum50, sum51, sum52, sum53, sums + 5 * TPanels.Value * LaneMath.LaneCount);
    }

    // Many tiles of rows share the fetching: a line a step is enough.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchNear(byte* next)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(next);
    }

    // Into the second-level cache. Where few tiles of rows share the fetching, each step has several lines to fetch, up to as many as it reads.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TPanels>(byte* next, nint advance)
        where TPanels : struct, ICount
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(next);
        if (TPanels.Value == 1 || advance <= LineBytes)
            return;
        Sse.Prefetch1(next + LineBytes);
        if (TPanels.Value > 2)
        {
            Sse.Prefetch1(next + 2 * LineBytes);
            Sse.Prefetch1(next + 3 * LineBytes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TPanels>(TSums sums0, TSums sums1, TSums sums2, TSums sums3, int* row)
        where TPanels : struct, ICount
    {
        TStep.Store(sums0, row);
        if (TPanels.Value > 1)
            TStep.Store(sums1, row + LaneMath.LaneCount);
        if (TPanels.Value > 2)
        {
            TStep.Store(sums2, row + 2 * LaneMath.LaneCount);
            TStep.Store(sums3, row + 3 * LaneMath.LaneCount);
        }
    }
}
