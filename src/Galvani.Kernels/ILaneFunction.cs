using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>A function of each lane, as a type, so that a loop over it is compiled with it inside.</summary>
internal interface ILaneFunction
{
    /// <summary>The function of each lane.</summary>
    static abstract TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>;
}

/// <summary>The functions behind <see cref="ElementFunction"/>.</summary>
internal static class LaneFunctions
{
    /// <summary>max(x, 0); NaN stays NaN.</summary>
    public readonly struct Relu : ILaneFunction
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of<TLanes>(TLanes x)
            where TLanes : unmanaged, ILanes<TLanes> => TLanes.Max(default, x);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public readonly struct Sigmoid : ILaneFunction
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of<TLanes>(TLanes x)
            where TLanes : unmanaged, ILanes<TLanes> => TLanes.Create(1) / (TLanes.Create(1) + LaneMath.Exp(default(TLanes) - x));
    }

    /// <summary>x · σ(x).</summary>
    public readonly struct Silu : ILaneFunction
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Of<TLanes>(TLanes x)
            where TLanes : unmanaged, ILanes<TLanes> => x * Sigmoid.Of(x);
    }
}
