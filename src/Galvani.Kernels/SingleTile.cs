using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>
/// Tiles of single-precision products: up to 6 rows, each element's sum in an accumulator of its own. With two registers a panel (AVX2) 6 rows of one panel are 12
/// accumulators, which with two of weights and one of a broadcast input fill the 16 registers; with one register a panel (AVX-512) 6 rows of 4 panels are 24 of 32.
/// Fewer rows take more panels at once, so that enough sums are under way to hide the latency of an addition. A shape's unused accumulators are gone once compiled.
/// </summary>
/// <typeparam name="TLanes">A panel's sixteen outputs.</typeparam>
/// <typeparam name="TWide">Whether <typeparamref name="TLanes"/> is one of 32 registers (4) or two of 16 (1): the panels of a tile of 4 to 6 rows.</typeparam>
internal readonly unsafe struct SingleTile<TLanes, TWide> : IProductTile<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
    where TWide : struct, ICount
{
    /// <inheritdoc/>
    public static int RowCount => 6;

    /// <inheritdoc/>
    public static int PanelCount(int rowCount) => rowCount switch
    {
        1 => 4,
        2 or 3 => Math.Max(2, TWide.Value),
        _ => TWide.Value,
    };

    /// <inheritdoc/>
    public static void Multiply(int rowCount, int panelCount, in ProductOperands operands, float* sums)
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

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Number(float* sums, in ProductTarget target, nint row, nint column) => TLanes.Load(sums);

    private static void Multiply<TRows>(int panelCount, in ProductOperands operands, float* sums)
        where TRows : struct, ICount
    {
        if (panelCount == 4)
            Multiply<TRows, Counts.Four>(operands, sums);
        else if (panelCount == 2)
            Multiply<TRows, Counts.Two>(operands, sums);
        else
            Multiply<TRows, Counts.One>(operands, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<TRows, TPanels>(in ProductOperands operands, float* sums)
        where TRows : struct, ICount
        where TPanels : struct, ICount
    {
        TLanes sum00 = default, sum01 = default, sum02 = default, sum03 = default;
        TLanes sum10 = default, sum11 = default, sum12 = default, sum13 = default;
        TLanes sum20 = default, sum21 = default, sum22 = default, sum23 = default;
        TLanes sum30 = default, sum31 = default, sum32 = default, sum33 = default;
        TLanes sum40 = default, sum41 = default, sum42 = default, sum43 = default;
        TLanes sum50 = default, sum51 = default, sum52 = default, sum53 = default;
        var weight = operands.Weight;
        var panelBytes = operands.PanelBytes;
        var prefetch = operands.Prefetch;
        var prefetchBytes = operands.PrefetchBytes;
        var input0 = (float*)operands.Input;
        var input1 = (float*)((byte*)input0 + (TRows.Value > 1 ? operands.InputRowBytes : 0));
        var input2 = (float*)((byte*)input1 + (TRows.Value > 2 ? operands.InputRowBytes : 0));
        var input3 = (float*)((byte*)input2 + (TRows.Value > 3 ? operands.InputRowBytes : 0));
        var input4 = (float*)((byte*)input3 + (TRows.Value > 4 ? operands.InputRowBytes : 0));
        var input5 = (float*)((byte*)input4 + (TRows.Value > 5 ? operands.InputRowBytes : 0));
        for (nint step = 0; step < operands.StepCount; step++)
        {
            if (Sse.IsSupported)
                Sse.Prefetch1(prefetch);
            prefetch += prefetchBytes;
            var weight0 = TLanes.Load((float*)weight);
            var weight1 = TPanels.Value > 1 ? TLanes.Load((float*)(weight + panelBytes)) : default;
            var weight2 = TPanels.Value > 2 ? TLanes.Load((float*)(weight + 2 * panelBytes)) : default;
            var weight3 = TPanels.Value > 2 ? TLanes.Load((float*)(weight + 3 * panelBytes)) : default;
            weight += LaneMath.LaneCount * sizeof(float);
            var value = TLanes.Create(input0[step]);
            sum00 = TLanes.MultiplyAdd(value, weight0, sum00);
            if (TPanels.Value > 1)
                sum01 = TLanes.MultiplyAdd(value, weight1, sum01);
            if (TPanels.Value > 2)
            {
                sum02 = TLanes.MultiplyAdd(value, weight2, sum02);
                sum03 = TLanes.MultiplyAdd(value, weight3, sum03);
            }

            if (TRows.Value > 1)
            {
                value = TLanes.Create(input1[step]);
                sum10 = TLanes.MultiplyAdd(value, weight0, sum10);
                if (TPanels.Value > 1)
                    sum11 = TLanes.MultiplyAdd(value, weight1, sum11);
                if (TPanels.Value > 2)
                {
                    sum12 = TLanes.MultiplyAdd(value, weight2, sum12);
                    sum13 = TLanes.MultiplyAdd(value, weight3, sum13);
                }
            }

            if (TRows.Value > 2)
            {
                value = TLanes.Create(input2[step]);
                sum20 = TLanes.MultiplyAdd(value, weight0, sum20);
                if (TPanels.Value > 1)
                    sum21 = TLanes.MultiplyAdd(value, weight1, sum21);
                if (TPanels.Value > 2)
                {
                    sum22 = TLanes.MultiplyAdd(value, weight2, sum22);
                    sum23 = TLanes.MultiplyAdd(value, weight3, sum23);
                }
            }

            if (TRows.Value > 3)
            {
                value = TLanes.Create(input3[step]);
                sum30 = TLanes.MultiplyAdd(value, weight0, sum30);
                if (TPanels.Value > 1)
                    sum31 = TLanes.MultiplyAdd(value, weight1, sum31);
                if (TPanels.Value > 2)
                {
                    sum32 = TLanes.MultiplyAdd(value, weight2, sum32);
                    sum33 = TLanes.MultiplyAdd(value, weight3, sum33);
                }
            }

            if (TRows.Value > 4)
            {
                value = TLanes.Create(input4[step]);
                sum40 = TLanes.MultiplyAdd(value, weight0, sum40);
                if (TPanels.Value > 1)
                    sum41 = TLanes.MultiplyAdd(value, weight1, sum41);
                if (TPanels.Value > 2)
                {
                    sum42 = TLanes.MultiplyAdd(value, weight2, sum42);
                    sum43 = TLanes.MultiplyAdd(value, weight3, sum43);
                }
            }

            if (TRows.Value > 5)
            {
                value = TLanes.Create(input5[step]);
                sum50 = TLanes.MultiplyAdd(value, weight0, sum50);
                if (TPanels.Value > 1)
                    sum51 = TLanes.MultiplyAdd(value, weight1, sum51);
                if (TPanels.Value > 2)
                {
                    sum52 = TLanes.MultiplyAdd(value, weight2, sum52);
                    sum53 = TLanes.MultiplyAdd(value, weight3, sum53);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TPanels>(TLanes sums0, TLanes sums1, TLanes sums2, TLanes sums3, float* row)
        where TPanels : struct, ICount
    {
        TLanes.Store(sums0, row);
        if (TPanels.Value > 1)
            TLanes.Store(sums1, row + LaneMath.LaneCount);
        if (TPanels.Value > 2)
        {
            TLanes.Store(sums2, row + 2 * LaneMath.LaneCount);
            TLanes.Store(sums3, row + 3 * LaneMath.LaneCount);
        }
    }
}
