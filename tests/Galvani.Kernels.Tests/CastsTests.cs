using System.Numerics;
using System.Runtime.InteropServices;

namespace Galvani.Kernels.Tests;

/// <summary>Every cast against a scalar twin in double precision, for all lengths 0 to 257, at an odd address, with guards behind the destination.</summary>
public sealed class CastsTests
{
    private const int LongestLength = 257;
    private const float Guard = -12345.678f;

    private delegate void Cast(ReadOnlySpan<byte> source, Span<float> destination);

    [Fact]
    public void FromFloat16_AllHalves_IsExact()
    {
        var all = Enumerable.Range(0, 65536).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).ToArray();
        var actual = new float[all.Length];
        Casts.FromFloat16(MemoryMarshal.AsBytes(all.AsSpan()), actual);
        for (var i = 0; i < all.Length; i++)
            LazyAssert.True(SameBits(TwinOfHalf((ushort)i), actual[i]), $"half 0x{i:X4}: expected {TwinOfHalf((ushort)i):R}, got {actual[i]:R}");
    }

    [Fact]
    public void FromBFloat16_AllBitPatterns_AreTheUpperHalf()
    {
        var all = Enumerable.Range(0, 65536).Select(bits => (ushort)bits).ToArray();
        var actual = new float[all.Length];
        Casts.FromBFloat16(MemoryMarshal.AsBytes(all.AsSpan()), actual);
        for (var i = 0; i < all.Length; i++)
            Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(actual[i]));
    }

    [Fact]
    public void FromFloat16_EveryLength_EqualsTheTwin() => CheckLengths(2, Casts.FromFloat16, bytes => TwinOfHalf(BitConverter.ToUInt16(bytes)));

    [Fact]
    public void FromBFloat16_EveryLength_EqualsTheTwin() =>
        CheckLengths(2, Casts.FromBFloat16, bytes => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes) << 16));

    [Fact]
    public void FromFloat32_EveryLength_IsACopy() => CheckLengths(4, Casts.FromFloat32, bytes => BitConverter.ToSingle(bytes));

    [Fact]
    public void FromFloat64_EveryLength_RoundsToNearest() => CheckLengths(8, Casts.FromFloat64, bytes => (float)BitConverter.ToDouble(bytes));

    [Fact]
    public void FromUInt8_EveryLength_EqualsTheTwin() => CheckLengths(1, Casts.FromUInt8, bytes => bytes[0]);

    [Fact]
    public void FromBool_EveryLength_IsZeroOrOne() => CheckLengths(1, Casts.FromBool, bytes => bytes[0] == 0 ? 0 : 1);

    [Fact]
    public void ViewBytes_Numbers_AreTheirLittleEndianBytes()
    {
        float[] numbers = [1.5f, -0f, float.NaN];
        byte[] expected = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0x80, 0, 0, 0xC0, 0xFF];
        Assert.Equal(expected, Casts.ViewBytes(numbers).ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void FromInteger_EveryLength_RoundsToNearest(int elementBytes) => CheckLengths(
        elementBytes,
        (source, destination) => Casts.FromInteger(source, elementBytes, destination),
        bytes => (float)(elementBytes switch { 1 => (sbyte)bytes[0], 2 => BitConverter.ToInt16(bytes), 4 => BitConverter.ToInt32(bytes), _ => (decimal)BitConverter.ToInt64(bytes) }));

    [Fact]
    public void FromFloat64_SpecialValues_AreKept()
    {
        double[] values = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.Epsilon, 1e-45, 1e300, -1e300, float.MaxValue, 3.4028235677973366e38];
        var actual = new float[values.Length];
        Casts.FromFloat64(MemoryMarshal.AsBytes(values.AsSpan()), actual);
        for (var i = 0; i < values.Length; i++)
            LazyAssert.True(SameBits((float)values[i], actual[i]), $"{values[i]:R}: {actual[i]:R}");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void AnyCast_LengthsThatDoNotFit_IsRefused(int bytes)
    {
        Assert.Throws<ArgumentException>(() => Casts.FromFloat16(new byte[bytes], new float[2]));
        Assert.Throws<ArgumentException>(() => Casts.FromBFloat16(new byte[bytes], new float[2]));
        Assert.Throws<ArgumentException>(() => Casts.FromFloat32(new byte[bytes], new float[2]));
        Assert.Throws<ArgumentException>(() => Casts.FromUInt8(new byte[bytes], new float[2]));
        Assert.Throws<ArgumentException>(() => Casts.FromBool(new byte[bytes], new float[2]));
        Assert.Throws<ArgumentException>(() => Casts.FromInteger(new byte[bytes], 8, new float[2]));
    }

    [Fact]
    public void TryViewFloat32_UnalignedOrBrokenBytes_IsFalse()
    {
        var bytes = MemoryMarshal.AsBytes(new float[] { 1, 2, 3 }.AsSpan());
        Assert.True(Casts.TryViewFloat32(bytes, out var numbers));
        Assert.Equal([1f, 2, 3], numbers.ToArray());
        Assert.False(Casts.TryViewFloat32(bytes.Slice(1, 4), out _));
        Assert.False(Casts.TryViewFloat32(bytes[..5], out _));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void FromUnsignedInteger_EveryLength_RoundsToNearest(int elementBytes) => CheckLengths(
        elementBytes,
        (source, destination) => Casts.FromUnsignedInteger(source, elementBytes, destination),
        bytes => NearestSingle(new BigInteger(bytes, isUnsigned: true)));

    /// <summary>Halfway between two binary32 and one more or less: what goes through binary64 loses that one.</summary>
    [Fact]
    public void FromUnsignedInteger_NearlyATie_IsRoundedOnce()
    {
        var numbers = new List<ulong> { 0, 1, 1UL << 63, ulong.MaxValue, (1UL << 53) + 1, (1UL << 54) - 1 };
        for (var exponent = 25; exponent < 64; exponent++)
        {
            foreach (var odd in (ulong[])[0, 1])
            {
                var tie = (1UL << exponent) + (odd << (exponent - 23)) + (1UL << (exponent - 24));
                numbers.AddRange([tie - 1, tie, tie + 1]);
            }
        }

        foreach (var number in numbers)
        {
            var single = new float[1];
            Casts.FromUnsignedInteger(BitConverter.GetBytes(number), 8, single);
            Assert.Equal(NearestSingle(number), single[0]);
        }
    }

    /// <summary>The nearest binary32, ties to even, by whole numbers alone.</summary>
    private static float NearestSingle(BigInteger number)
    {
        const int SignificandBits = 24;
        var shift = (int)Math.Max(0, (long)number.GetBitLength() - SignificandBits);
        var (kept, rest) = (number >> shift, number & ((BigInteger.One << shift) - 1));
        var half = shift == 0 ? BigInteger.One : BigInteger.One << (shift - 1);
        if (rest > half || rest == half && shift > 0 && !kept.IsEven)
            kept++;
        return MathF.ScaleB((float)(int)kept, shift);
    }

    private static void CheckLengths(int elementBytes, Cast cast, Func<byte[], float> twin)
    {
        var random = new Random(20_24);
        for (var length = 0; length <= LongestLength; length++)
        {
            var source = new byte[1 + length * elementBytes]; // starts at an odd address
            random.NextBytes(source);
            var destination = Enumerable.Repeat(Guard, length + 16).ToArray();
            cast(source.AsSpan(1), destination.AsSpan(0, length));
            for (var i = 0; i < length; i++)
            {
                var expected = twin(source[(1 + i * elementBytes)..(1 + (i + 1) * elementBytes)]);
                LazyAssert.True(SameBits(expected, destination[i]), $"length {length}, element {i}: expected {expected:R}, got {destination[i]:R}");
            }

            Assert.All(destination[length..], value => Assert.Equal(Guard, value));
        }
    }

    /// <summary>Sign, exponent and fraction by arithmetic, in double precision.</summary>
    private static float TwinOfHalf(ushort bits)
    {
        var sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
        var (exponent, fraction) = (bits >> 10 & 0x1F, bits & 0x3FF);
        return (float)(exponent switch
        {
            0 => sign * fraction * Math.Pow(2, -24),
            31 => fraction == 0 ? sign * double.PositiveInfinity : double.NaN,
            _ => sign * (1 + fraction / 1024.0) * Math.Pow(2, exponent - 15),
        });
    }

    /// <summary>Equal bits, or both NaN: which NaN is not promised.</summary>
    private static bool SameBits(float expected, float actual) =>
        float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(actual);
}
