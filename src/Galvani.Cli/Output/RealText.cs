using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Galvani.Cli.Output;

/// <summary>
/// Finite real numbers as ASCII: the shortest form, with a point or an exponent (<c>1.0</c>, <c>0.00025</c>, <c>1E-05</c>, <c>1.5E+20</c>, <c>-0.0</c>). But for the <c>.0</c> of whole numbers this is what the runtime
/// writes by the format R, in a fraction of its time.
/// </summary>
internal static class RealText
{
    /// <summary>Room enough for any number, and for what is written beyond its end: digits are always written all.</summary>
    public const int Room = 40;

    // The most digits that a shortest form has; whole numbers of more have an exponent.
    private const int SingleDigits = 9;
    private const int DoubleDigits = 17;

    private const int MostZeros = 3; // behind the point; smaller numbers have an exponent
    private const ulong EightDigitsUnit = 100_000_000;

    private static readonly ulong[] PowersOfTen = [.. Enumerable.Range(0, DoubleDigits + 1).Select(exponent => (ulong)BigInteger.Pow(10, exponent))];

    /// <summary>Writes a number.</summary>
    /// <param name="value">A finite number.</param>
    /// <param name="destination"><see cref="Room"/> bytes at least.</param>
    /// <returns>The number of bytes that are the number's.</returns>
    public static int Write(float value, Span<byte> destination)
    {
        var sign = WriteSign(BitConverter.SingleToInt32Bits(value), destination);
        return sign + (value == 0 ? WriteZero(destination[sign..]) : Write(ShortestDecimal.Of(value), SingleDigits, destination[sign..]));
    }

    /// <summary>Writes a number.</summary>
    /// <param name="value">A finite number.</param>
    /// <param name="destination"><see cref="Room"/> bytes at least.</param>
    /// <returns>The number of bytes that are the number's.</returns>
    public static int Write(double value, Span<byte> destination)
    {
        var sign = WriteSign(BitConverter.DoubleToInt64Bits(value), destination);
        return sign + (value == 0 ? WriteZero(destination[sign..]) : Write(ShortestDecimal.Of(value), DoubleDigits, destination[sign..]));
    }

    /// <summary>Writes the sign, which nobody can foresee, without a branch.</summary>
    private static int WriteSign(long bits, Span<byte> destination)
    {
        destination[0] = (byte)'-';
        return (int)((ulong)bits >> 63);
    }

    private static int WriteZero(Span<byte> destination)
    {
        "0.0"u8.CopyTo(destination);
        return "0.0"u8.Length;
    }

    /// <summary>Writes a number in one of four forms.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(ShortestDecimal number, int mostDigits, Span<byte> destination)
    {
        var count = CountDigits(number.Digits);
        var point = count + number.Exponent; // where it is among the digits
        var digits = number.Digits * PowersOfTen[mostDigits - count]; // zeros behind them, so that there are always as many
        if (point > mostDigits || point < -MostZeros)
        {
            WriteDigits(digits, mostDigits, destination[1..]);
            destination[0] = destination[1];
            destination[1] = (byte)'.';
            var length = count == 1 ? 1 : count + 1;
            return length + WriteExponent(point - 1, destination[length..]);
        }

        if (point <= 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination, 0x3030_3030_3030_2E30); // 0.000000
            WriteDigits(digits, mostDigits, destination[(2 - point)..]);
            return 2 - point + count;
        }

        WriteDigits(digits, mostDigits, destination);
        MakeRoom(destination[point..]);
        destination[point] = (byte)'.';
        if (count > point)
            return count + 1;
        destination[point + 1] = (byte)'0';
        return point + 2;
    }

    /// <summary>Moves the digits behind the point, sixteen at most, by one place.</summary>
    private static void MakeRoom(Span<byte> fraction)
    {
        var (first, second) = (BinaryPrimitives.ReadUInt64LittleEndian(fraction), BinaryPrimitives.ReadUInt64LittleEndian(fraction[8..]));
        BinaryPrimitives.WriteUInt64LittleEndian(fraction[1..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(fraction[9..], second);
    }

    private static int WriteExponent(int exponent, Span<byte> destination)
    {
        destination[0] = (byte)'E';
        destination[1] = (byte)(exponent < 0 ? '-' : '+');
        var (hundreds, rest) = Math.DivRem((uint)Math.Abs(exponent), 100u);
        destination[2] = (byte)('0' + hundreds);
        var at = hundreds == 0 ? 2 : 3; // two digits at least
        destination[at] = (byte)('0' + rest / 10);
        destination[at + 1] = (byte)('0' + rest % 10);
        return at + 2;
    }

    private static int CountDigits(ulong digits)
    {
        var least = ((BitOperations.Log2(digits) + 1) * 1233) >> 12; // by log10(2); one too few, or right
        return least + (digits >= PowersOfTen[least] ? 1 : 0);
    }

    /// <summary>Writes a number of 9 digits or 17, one and then eight at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteDigits(ulong digits, int count, Span<byte> destination)
    {
        var (upper, last) = Math.DivRem(digits, EightDigitsUnit);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[(count - 8)..], EightDigits(last));
        if (count == DoubleDigits)
        {
            (upper, var middle) = Math.DivRem(upper, EightDigitsUnit);
            BinaryPrimitives.WriteUInt64LittleEndian(destination[1..], EightDigits(middle));
        }

        destination[0] = (byte)('0' + upper);
    }

    /// <summary>Eight digits as ASCII, the first one in the lowest byte: the number is cut in halves, these in halves, and so on, all parts at once. The factors are reciprocals, rounded up, exact for the numbers that parts can be.</summary>
    private static ulong EightDigits(ulong number)
    {
        var upper = number / 10_000;
        var fours = upper | ((number - upper * 10_000) << 32);
        var upperPairs = ((fours * 5243) >> 19) & 0x0000_007F_0000_007F; // by 100
        var pairs = upperPairs | ((fours - upperPairs * 100) << 16);
        var upperDigits = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F; // by 10
        return (upperDigits | ((pairs - upperDigits * 10) << 8)) + 0x3030_3030_3030_3030;
    }
}
