using System.Numerics;

namespace Galvani.Cli.Output;

/// <summary>
/// Powers of ten in 128 bits: 10^e lies in (g - 1, g] x 2^(floor(log2(10^e)) - 127), where the first of the 128 bits of g is set. Of powers that have no more bits, g is one more than the power, too:
/// so the algorithm that uses them wants it. Made once, from exact integers.
/// </summary>
internal static class PowersOfTen
{
    /// <summary>The least exponent: what the largest float64 needs.</summary>
    public const int Least = -292;

    /// <summary>The greatest exponent: what the smallest float64 needs.</summary>
    public const int Greatest = 324;

    private const int Bits = 128;

    private static readonly UInt128[] Values = MakeValues();

    /// <summary>The 128 bits of a power.</summary>
    /// <param name="exponent">Its exponent, from <see cref="Least"/> to <see cref="Greatest"/>.</param>
    public static UInt128 Of(int exponent) => Values[exponent - Least];

    /// <summary>The exponent of the greatest power of two that is not greater than a power of ten: right for all exponents of the table.</summary>
    public static int FloorLog2(int exponent) => (exponent * 1741647) >> 19;

    /// <summary>The exponent of the greatest power of ten that is not greater than a power of two: right for all exponents of float64.</summary>
    public static int FloorLog10OfPowerOfTwo(int exponent) => (exponent * 1262611) >> 22;

    /// <summary>The exponent of the greatest power of ten that is not greater than three quarters of a power of two: right for all exponents of float64.</summary>
    public static int FloorLog10OfThreeQuarters(int exponent) => (exponent * 1262611 - 524031) >> 22;

    private static UInt128[] MakeValues()
    {
        var values = new UInt128[Greatest - Least + 1];
        var power = BigInteger.One;
        for (var exponent = 0; exponent <= Greatest; exponent++, power *= 10)
        {
            var length = (int)power.GetBitLength();
            values[exponent - Least] = (UInt128)(length > Bits ? power >> (length - Bits) : power << (Bits - length)) + 1;
            if (exponent is > 0 and <= -Least)
                values[-exponent - Least] = (UInt128)((BigInteger.One << (length + Bits - 1)) / power) + 1;
        }

        return values;
    }
}
