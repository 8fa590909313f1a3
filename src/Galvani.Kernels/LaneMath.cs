using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>
/// Functions of lanes, written once for every instruction set. A lane's result depends on that lane alone, so an element's value does not depend on where in a vector
/// or in a row's remainder it stands.
/// </summary>
internal static unsafe class LaneMath
{
    /// <summary>The numbers that an <see cref="ILanes{TSelf}"/> holds.</summary>
    public const int LaneCount = 16;

    // ln 2 in two parts: the first has so few digits that n times it is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float LargestExponent = 89f;
    private const float SmallestExponent = -105f;

    /// <summary>The function of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Apply<TLanes>(ElementFunction function, TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => function switch
        {
            ElementFunction.Identity => x,
            ElementFunction.Relu => TLanes.Max(default, x),
            ElementFunction.Gelu => Gelu(x),
            ElementFunction.Silu => x * Sigmoid(x),
            _ => Sigmoid(x),
        };

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TLanes Sigmoid<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var one = TLanes.Create(1);
        return one / (one + Exp(default(TLanes) - x));
    }

    /// <summary>e^x: 2^n · e^r with |r| &lt;= ln 2 / 2 and the Taylor polynomial of degree 7 (its remainder is 5e-9). NaN passes through.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Exp<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var bounded = TLanes.Min(TLanes.Create(LargestExponent), TLanes.Max(TLanes.Create(SmallestExponent), x));
        var n = TLanes.Floor(bounded * TLanes.Create(1.44269504f) + TLanes.Create(0.5f));
        var r = bounded - n * TLanes.Create(Ln2High) - n * TLanes.Create(Ln2Low);
        var power = TLanes.MultiplyAdd(TLanes.Create(1f / 5040), r, TLanes.Create(1f / 720));
        power = TLanes.MultiplyAdd(power, r, TLanes.Create(1f / 120));
        power = TLanes.MultiplyAdd(power, r, TLanes.Create(1f / 24));
        power = TLanes.MultiplyAdd(power, r, TLanes.Create(1f / 6));
        power = TLanes.MultiplyAdd(power, r, TLanes.Create(0.5f));
        power = TLanes.MultiplyAdd(power, r, TLanes.Create(1));
        power = TLanes.MultiplyAdd(power, r, TLanes.Create(1));
        return TLanes.Scale(power, n);
    }

    /// <summary>x · Φ(x), eight lanes at a time in double precision.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TLanes Gelu<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var buffer = stackalloc float[LaneCount];
        TLanes.Store(x, buffer);
        VectorMath.Gelu(Vector256.Load(buffer)).Store(buffer);
        VectorMath.Gelu(Vector256.Load(buffer + 8)).Store(buffer + 8);
        return TLanes.Load(buffer);
    }

    /// <summary>Sixteen numbers, or where fewer are left those and fillers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(float* source, int count, float filler)
        where TLanes : unmanaged, ILanes<TLanes> => count >= LaneCount ? TLanes.Load(source) : LoadPartial<TLanes>(source, count, filler);

    /// <summary>Stores sixteen numbers, or the first <paramref name="count"/> where fewer are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes>(TLanes lanes, float* destination, int count)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        if (count >= LaneCount)
            TLanes.Store(lanes, destination);
        else
            StorePartial(lanes, destination, count);
    }

    /// <summary>The numbers of a row's remainder; lanes behind <paramref name="count"/> are filled up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TLanes LoadPartial<TLanes>(float* source, int count, float filler)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var buffer = stackalloc float[LaneCount];
        for (var i = 0; i < LaneCount; i++)
            buffer[i] = i < count ? source[i] : filler;
        return TLanes.Load(buffer);
    }

    /// <summary>Stores the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StorePartial<TLanes>(TLanes lanes, float* destination, int count)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var buffer = stackalloc float[LaneCount];
        TLanes.Store(lanes, buffer);
        for (var i = 0; i < count; i++)
            destination[i] = buffer[i];
    }
}
