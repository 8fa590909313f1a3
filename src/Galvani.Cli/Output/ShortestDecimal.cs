using System.Runtime.CompilerServices;

namespace Galvani.Cli.Output;

/// <summary>
/// The shortest decimal number that reads back as a given binary one: of those with the fewest digits the closest, of two that are equally close the one whose last digit is even.
/// By the algorithm of Raffaello Giulietti, "The Schubfach way to render doubles" (2020), which asks for three products with a power of ten and no loop. Left out is his demand of two digits at least.
/// </summary>
/// <param name="Digits">The digits, the last one not 0.</param>
/// <param name="Exponent">The power of ten that they are multiplied by.</param>
internal readonly record struct ShortestDecimal(ulong Digits, int Exponent)
{
    private const int SingleFractionBits = 23;
    private const int SingleLeastExponent = -149; // of the last bit
    private const int DoubleFractionBits = 52;
    private const int DoubleLeastExponent = -1074;

    /// <summary>The number's shortest form; its sign is left out.</summary>
    /// <param name="value">A finite number other than 0.</param>
    public static ShortestDecimal Of(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value) & int.MaxValue;
        var binary = Binary.Of(bits & ((1u << SingleFractionBits) - 1), (int)(bits >> SingleFractionBits), SingleFractionBits, SingleLeastExponent);
        var power = (ulong)(PowersOfTen.Of(-binary.DecimalExponent) >> 64) + 1;
        return Choose(Product(power, binary.Number), Product(power, binary.Low), Product(power, binary.High), binary.IsOdd, binary.DecimalExponent);
    }

    /// <summary>The number's shortest form; its sign is left out.</summary>
    /// <param name="value">A finite number other than 0.</param>
    public static ShortestDecimal Of(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value) & long.MaxValue;
        var binary = Binary.Of(bits & ((1ul << DoubleFractionBits) - 1), (int)(bits >> DoubleFractionBits), DoubleFractionBits, DoubleLeastExponent);
        var power = PowersOfTen.Of(-binary.DecimalExponent);
        var (upper, lower) = ((ulong)(power >> 64), (ulong)power);
        return Choose(Product(upper, lower, binary.Number), Product(upper, lower, binary.Low), Product(upper, lower, binary.High), binary.IsOdd, binary.DecimalExponent);
    }

    /// <summary>Chooses among the multiples of a power of ten, and of ten times it, next to the number. Of the latter at most one reads back as the number.</summary>
    /// <param name="number">Four times the number, in units of the power; where that is no whole number, an odd one beside it.</param>
    /// <param name="low">The same of the middle between it and the number below.</param>
    /// <param name="high">The same of the middle between it and the number above.</param>
    /// <param name="isOdd">1 where the middles themselves do not read back as the number, else 0.</param>
    /// <param name="exponent">The exponent of the power.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ShortestDecimal Choose(ulong number, ulong low, ulong high, ulong isOdd, int exponent)
    {
        (low, high) = (low + isOdd, high - isOdd);
        var below = number >> 2;
        var tens = below / 10;
        var isLowerTen = low <= tens * 40;
        var isUpperTen = tens * 40 + 40 <= high;
        var isBelow = low <= below * 4;
        var isAbove = below * 4 + 4 <= high;
        var isCloser = number + (below & 1) > below * 4 + 2; // of the two the one above, or as close and even
        // What is chosen nobody can foresee, so there is no branch.
        var isTen = (isLowerTen != isUpperTen) & (tens > 0);
        var ten = tens + (isUpperTen ? 1ul : 0);
        var one = below + ((isBelow == isAbove ? isCloser : isAbove) ? 1ul : 0);
        return WithoutZeros(isTen ? ten : one, exponent + (isTen ? 1 : 0));
    }

    private static ShortestDecimal WithoutZeros(ulong digits, int exponent)
    {
        while (digits % 10 == 0)
            (digits, exponent) = (digits / 10, exponent + 1);
        return new ShortestDecimal(digits, exponent);
    }

    /// <summary>The product without its lower 64 bits; odd where these are more than what the power may be too large by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product(ulong power, ulong number)
    {
        var upper = Math.BigMul(power, number, out var lower);
        return upper | ((lower >> 32) > 1 ? 1ul : 0);
    }

    /// <summary>The product without its lower 128 bits; odd where these are more than what the power may be too large by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product(ulong powerUpper, ulong powerLower, ulong number)
    {
        var upper = Math.BigMul(powerUpper, number, out var middle);
        var carry = Math.BigMul(powerLower, number, out _);
        middle += carry;
        return (upper + (middle < carry ? 1ul : 0)) | (middle > 1 ? 1ul : 0);
    }

    /// <summary>A binary number and the middles to its neighbours, four times and shifted so that a product with the power of ten leaves them in units of 10^DecimalExponent; the last bit of its significand.</summary>
    private readonly record struct Binary(ulong Number, ulong Low, ulong High, ulong IsOdd, int DecimalExponent)
    {
        /// <summary>Takes a number apart.</summary>
        /// <param name="fraction">The bits of its fraction.</param>
        /// <param name="biasedExponent">The bits of its exponent.</param>
        /// <param name="fractionBits">The number of bits of a fraction.</param>
        /// <param name="leastExponent">The exponent of the last bit of subnormal numbers.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Binary Of(ulong fraction, int biasedExponent, int fractionBits, int leastExponent)
        {
            var significand = biasedExponent == 0 ? fraction : fraction | (1ul << fractionBits);
            var exponent = leastExponent + Math.Max(0, biasedExponent - 1);
            var isNarrowBelow = fraction == 0 && biasedExponent > 1; // the number below a power of two is half as far as the one above
            var decimalExponent = isNarrowBelow ? PowersOfTen.FloorLog10OfThreeQuarters(exponent) : PowersOfTen.FloorLog10OfPowerOfTwo(exponent);
            var shift = exponent + PowersOfTen.FloorLog2(-decimalExponent) + 1;
            var number = significand << 2;
            return new Binary(number << shift, (number - (isNarrowBelow ? 1ul : 2)) << shift, (number + 2) << shift, significand & 1, decimalExponent);
        }
    }
}
