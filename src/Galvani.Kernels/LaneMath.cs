using System.Runtime.CompilerServices;

namespace Galvani.Kernels;

/// <summary>
/// Functions of lanes, written once for every instruction set. A lane's result depends on that lane alone, so an element's value does not depend on where in a vector
/// or in a row's remainder it stands.
/// </summary>
internal static class LaneMath
{
    /// <summary>The numbers that an <see cref="ILanes{TSelf}"/> holds.</summary>
    public const int LaneCount = 16;

    // ln 2 in two parts: the first has so few digits that n times it is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float LargestExponent = 89f;
    private const float SmallestExponent = -105f;

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
}
