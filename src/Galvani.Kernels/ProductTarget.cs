using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>Where a product's sums go, and what they go through on the way. Pointers the caller keeps pinned; null for none.</summary>
internal readonly unsafe struct ProductTarget
{
    /// <summary>[R, N].</summary>
    public float* Output { get; init; }

    /// <summary>[N].</summary>
    public float* Bias { get; init; }

    /// <summary>[R, N].</summary>
    public float* Gate { get; init; }

    /// <summary>[R, N].</summary>
    public float* Residual { get; init; }

    /// <summary>N.</summary>
    public int OutputWidth { get; init; }

    /// <summary>Applied after the bias.</summary>
    public ElementFunction Function { get; init; }

    /// <summary>[R]: of a quantised product, a row's scale.</summary>
    public float* RowScales { get; init; }

    /// <summary>[N], filled up to whole panels: of a quantised product, an output's scale.</summary>
    public float* ColumnScales { get; init; }

    /// <summary>[R]: of a quantised product, the integer that stands for a row's zero.</summary>
    public int* RowZeros { get; init; }

    /// <summary>[N], filled up to whole panels: of a quantised product, the sum of an output's weights; each sum has it too much as often as the row's zero says.</summary>
    public int* ColumnSums { get; init; }

    /// <summary>Whether sums go through the scales of a quantised product, a bias, a floor of zero and a residual at most.</summary>
    public bool IsPlain => Gate == null && Function is ElementFunction.Identity or ElementFunction.Relu;

    /// <summary>The same target for a quantised product.</summary>
    public ProductTarget ForIntegers(float* rowScales, int* rowZeros, float* columnScales, int* columnSums) => new()
    {
        Output = Output,
        Bias = Bias,
        Gate = Gate,
        Residual = Residual,
        OutputWidth = OutputWidth,
        Function = Function,
        RowScales = rowScales,
        RowZeros = rowZeros,
        ColumnScales = columnScales,
        ColumnSums = columnSums,
    };

    /// <summary>Sixteen integer sums of a quantised product as numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Scaled<TLanes>(int* sums, nint row, nint column)
        where TLanes : unmanaged, ILanes<TLanes> =>
        TLanes.LoadDifference(sums, ColumnSums + column, RowZeros[row]) * (TLanes.Load(ColumnScales + column) * TLanes.Create(RowScales[row]));

    /// <summary>Takes sixteen sums of a row through the epilogue to the output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put<TLanes>(TLanes sums, nint row, nint column)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        if (OutputWidth - column < LaneMath.LaneCount)
        {
            PutPartial(sums, row, column);
            return;
        }

        var offset = row * OutputWidth + column;
        if (Bias != null)
            sums += TLanes.Load(Bias + column);
        if (Function == ElementFunction.Relu)
            sums = LaneFunctions.Relu.Of(sums);
        else if (Function != ElementFunction.Identity)
            sums = Applied(Function, sums);
        if (Gate != null)
            sums *= TLanes.Load(Gate + offset);
        if (Residual != null)
            sums += TLanes.Load(Residual + offset);
        TLanes.Store(sums, Output + offset);
    }

    // Through memory, which the sums of other functions shall not go through.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLanes Applied<TLanes>(ElementFunction function, TLanes sums)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        Elementwise.Apply<TLanes>(function, (float*)&sums, LaneMath.LaneCount);
        return sums;
    }

    // The last panel may have fewer columns than lanes: what is missing is neither read nor written.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PutPartial<TLanes>(TLanes sums, nint row, nint column)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var count = OutputWidth - (int)column;
        var offset = row * OutputWidth + column;
        if (Bias != null)
            sums += TLanes.LoadPartial(Bias + column, count, filler: default);
        Elementwise.Apply<TLanes>(Function, (float*)&sums, LaneMath.LaneCount);
        if (Gate != null)
            sums *= TLanes.LoadPartial(Gate + offset, count, filler: default);
        if (Residual != null)
            sums += TLanes.LoadPartial(Residual + offset, count, filler: default);
        TLanes.StorePartial(sums, Output + offset, count);
    }
}
