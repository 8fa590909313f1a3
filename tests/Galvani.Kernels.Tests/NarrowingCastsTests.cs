using System.Numerics;

namespace Galvani.Kernels.Tests;

/// <summary>
/// Every narrowing cast against a scalar twin that searches the nearest element by exact arithmetic: all lengths 0 to 257 at an odd address with guards, every
/// boundary between neighbours of the narrow type, and every instruction set.
/// </summary>
public sealed class NarrowingCastsTests
{
    private const int LongestLength = 257;
    private const byte Guard = 0xA5;

    private delegate long Cast<T>(ReadOnlySpan<T> source, Span<byte> destination);

    private static readonly float[] Special =
    [
        0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 65504f, 65519.996f, 65520f, -65520f,
        65536f, 5.9604645e-8f, 2.9802322e-8f, 2.9802326e-8f, 6.1035156e-5f, 1.00048828125f, 1.0004884f, 1.00146484375f, 3.3895314e38f, 3.3961776e38f, 3.3961773e38f,
    ];

    [Fact]
    public void ToFloat16_EveryLength_EqualsTheTwin() => CheckLengths<float>(2, NarrowingCasts.ToFloat16, value => value, IsHalfOf);

    [Fact]
    public void ToBFloat16_EveryLength_EqualsTheTwin() => CheckLengths<float>(2, NarrowingCasts.ToBFloat16, value => value, IsBFloatOf);

    [Fact]
    public void ToFloat32_EveryLength_IsACopy() =>
        CheckLengths<float>(4, NarrowingCasts.ToFloat32, value => value, (value, bytes) => BitConverter.SingleToUInt32Bits(value) == BitConverter.ToUInt32(bytes));

    [Fact]
    public void ToFloat32_OfFloat64_EveryLength_RoundsToNearest() =>
        CheckLengths<double>(4, NarrowingCasts.ToFloat32, Spread, (value, bytes) => SameNumber((float)value, BitConverter.ToSingle(bytes)));

    [Fact]
    public void ToFloat16_OfFloat64_EveryLength_EqualsTheTwin() => CheckLengths<double>(2, NarrowingCasts.ToFloat16, Spread, IsHalfOf);

    [Fact]
    public void ToBFloat16_OfFloat64_EveryLength_EqualsTheTwin() => CheckLengths<double>(2, NarrowingCasts.ToBFloat16, Spread, IsBFloatOf);

    /// <summary>Around each midpoint of neighbours: the midpoint itself, and the doubles next to it, which rounding twice by way of binary32 gets wrong.</summary>
    [Fact]
    public void ToNarrow_AroundEveryMidpoint_RoundsOnce()
    {
        for (var bits = 0; bits < 0x7C00; bits++)
        {
            var lower = (double)BitConverter.UInt16BitsToHalf((ushort)bits);
            var upper = bits + 1 == 0x7C00 ? 65536.0 : (double)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            CheckMidpoint(lower, upper, NarrowingCasts.ToFloat16, IsHalfOf);
        }

        for (var bits = 0; bits < 0x7F80; bits++)
        {
            var lower = (double)BitConverter.UInt32BitsToSingle((uint)bits << 16);
            var upper = bits + 1 == 0x7F80 ? 2 * (double)BitConverter.UInt32BitsToSingle(0x7F000000) : BitConverter.UInt32BitsToSingle((uint)(bits + 1) << 16);
            CheckMidpoint(lower, upper, NarrowingCasts.ToBFloat16, IsBFloatOf);
        }
    }

    [Fact]
    public void ToFloat16_AllHalvesWidened_ComeBackEqual()
    {
        var actual = new byte[2];
        for (var bits = 0; bits < 65536; bits++)
        {
            var value = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal(0, NarrowingCasts.ToFloat16([value], actual));
            Assert.True(float.IsNaN(value) ? Half.IsNaN(BitConverter.ToHalf(actual)) : bits == BitConverter.ToUInt16(actual));
        }
    }

    [Fact]
    public void ToNarrow_BeyondTheRange_CountsFiniteNumbersThatBecomeInfinite()
    {
        Assert.Equal(2, NarrowingCasts.ToFloat16([65519.996f, 65520f, -1e30f, float.PositiveInfinity, float.NaN, 1f], new byte[12]));
        Assert.Equal(1, NarrowingCasts.ToBFloat16([float.MaxValue, float.NegativeInfinity, float.NaN, 1e38f], new byte[8]));
        Assert.Equal(2, NarrowingCasts.ToFloat32([1e39, -1e300, double.PositiveInfinity, double.NaN, 3.4e38], new byte[20]));
        Assert.Equal(1, NarrowingCasts.ToFloat16([65520.0, double.NaN, double.NegativeInfinity, 65519.99999], new byte[8]));
        Assert.Equal(2, NarrowingCasts.ToBFloat16([3.4e38, 1e300, 3.38e38], new byte[6]));
    }

    [Fact]
    public void Cast_LengthsThatDoNotFit_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => NarrowingCasts.ToFloat16([1f], new byte[3]));
        Assert.Throws<ArgumentException>(() => NarrowingCasts.ToBFloat16([1.0], new byte[4]));
        Assert.Throws<ArgumentException>(() => NarrowingCasts.ToFloat32([1.0], new byte[8]));
    }

    private static void CheckMidpoint(double lower, double upper, Cast<double> cast, Func<double, byte[], bool> isRight)
    {
        var middle = lower + (upper - lower) / 2;
        var actual = new byte[2];
        foreach (var value in (double[])[middle, Math.BitIncrement(middle), Math.BitDecrement(middle), -middle, -Math.BitIncrement(middle)])
        {
            cast([value], actual);
            LazyAssert.True(isRight(value, actual), $"{value:R} became 0x{BitConverter.ToUInt16(actual):X4}");
        }
    }

    private static void CheckLengths<T>(int elementBytes, Cast<T> cast, Func<float, T> make, Func<T, byte[], bool> isRight)
    {
        for (var length = 0; length <= LongestLength; length++)
        {
            var source = new T[length];
            var random = new Random(length);
            for (var i = 0; i < length; i++)
                source[i] = make(i < Special.Length ? Special[(i + length) % Special.Length] : BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)));
            var bytes = Enumerable.Repeat(Guard, 1 + length * elementBytes + 3).ToArray();
            cast(source, bytes.AsSpan(1, length * elementBytes));
            Assert.True(bytes[0] == Guard && bytes[^1] == Guard && bytes[^2] == Guard && bytes[^3] == Guard);
            for (var i = 0; i < length; i++)
                LazyAssert.True(isRight(source[i], bytes[(1 + i * elementBytes)..(1 + (i + 1) * elementBytes)]), $"length {length}, [{i}]: {source[i]}");
        }
    }

    /// <summary>A double near a float, with bits that no float has.</summary>
    private static double Spread(float value) => float.IsFinite(value) ? value * (1 + 1.0 / (1L << 40)) : value;

    private static bool IsHalfOf(float value, byte[] bytes) => IsHalfOf((double)value, bytes);

    private static bool IsHalfOf(double value, byte[] bytes) => IsNearest(value, BitConverter.ToUInt16(bytes), 0x7C00, bits => (double)BitConverter.UInt16BitsToHalf(bits), 65536);

    private static bool IsBFloatOf(float value, byte[] bytes) => IsBFloatOf((double)value, bytes);

    private static bool IsBFloatOf(double value, byte[] bytes) =>
        IsNearest(value, BitConverter.ToUInt16(bytes), 0x7F80, bits => BitConverter.UInt32BitsToSingle((uint)bits << 16), 2 * (double)BitConverter.UInt32BitsToSingle(0x7F000000));

    /// <summary>
    /// The definition: no neighbour is nearer, and where one is as near, the last bit is 0. The infinity stands at the next power of two. Distances are exact: the
    /// numbers are scaled to integers.
    /// </summary>
    private static bool IsNearest(double value, ushort actual, int infinity, Func<ushort, double> widen, double next)
    {
        var magnitude = actual & 0x7FFF;
        if (double.IsNaN(value))
            return magnitude > infinity;
        if (double.IsNegative(value) != ((actual & 0x8000) != 0) || magnitude > infinity)
            return false;
        if (double.IsInfinity(value))
            return magnitude == infinity;
        var distance = Distance(magnitude);
        return (magnitude == 0 || IsBetterThan(Distance(magnitude - 1))) && (magnitude == infinity || IsBetterThan(Distance(magnitude + 1)));

        BigInteger Distance(int bits) => BigInteger.Abs(Exact(Math.Abs(value)) - Exact(bits >= infinity ? next : widen((ushort)bits)));

        bool IsBetterThan(BigInteger other) => distance < other || distance == other && magnitude % 2 == 0;
    }

    /// <summary>value x 2^1074, an integer for every finite double.</summary>
    private static BigInteger Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52 & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        return exponent == 0 ? mantissa : (BigInteger)(mantissa | 1L << 52) << exponent - 1;
    }

    private static bool SameNumber(float expected, float actual) => expected.Equals(actual) && float.IsNegative(expected) == float.IsNegative(actual) || float.IsNaN(expected) && float.IsNaN(actual);
}
