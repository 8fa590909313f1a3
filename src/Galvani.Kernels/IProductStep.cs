using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// A step along K of a tile: four bytes of each row (one single-precision number, or two or four quantised ones) against the same components of sixteen outputs.
/// </summary>
/// <typeparam name="TSums">Sixteen sums of 32 bits, or what is multiplied to add to them.</typeparam>
internal unsafe interface IProductStep<TSums>
    where TSums : unmanaged
{
    /// <summary>What a panel has for a step.</summary>
    static abstract nint WeightBytes { get; }

    /// <summary>A step's weights.</summary>
    static abstract TSums LoadWeights(byte* source);

    /// <summary>A step's four bytes of a row, sixteen times.</summary>
    static abstract TSums LoadInput(int* source);

    /// <summary>Adds the products to the sums.</summary>
    static abstract TSums MultiplyAdd(TSums input, TSums weights, TSums sums);

    /// <summary>Sixteen sums to memory.</summary>
    static abstract void Store(TSums sums, int* destination);
}

/// <summary>A step in single precision.</summary>
/// <typeparam name="TLanes">The sixteen sums.</typeparam>
internal readonly unsafe struct SingleStep<TLanes> : IProductStep<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <inheritdoc/>
    public static nint WeightBytes => LaneMath.LaneCount * sizeof(float);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LoadWeights(byte* source) => TLanes.Load((float*)source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LoadInput(int* source) => TLanes.Create(*(float*)source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes MultiplyAdd(TLanes input, TLanes weights, TLanes sums) => TLanes.MultiplyAdd(input, weights, sums);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TLanes sums, int* destination) => TLanes.Store(sums, (float*)destination);
}
