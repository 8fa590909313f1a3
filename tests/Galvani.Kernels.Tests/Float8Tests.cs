namespace Galvani.Kernels.Tests;

/// <summary>All 256 numbers of each 8-bit format, against the definition by arithmetic and against binary16.</summary>
public sealed class Float8Tests
{
    private static readonly byte[] All = [.. Enumerable.Range(0, 256).Select(bits => (byte)bits)];

    [Theory]
    [InlineData(Float8Format.E4M3Fn, 3, 7)]
    [InlineData(Float8Format.E5M2, 2, 15)]
    [InlineData(Float8Format.E4M3FnUz, 3, 8)]
    [InlineData(Float8Format.E5M2FnUz, 2, 16)]
    public void ToFloat32_EveryNumber_IsWhatTheDefinitionSays(Float8Format format, int fractionBits, int bias)
    {
        var numbers = Widen(format);
        for (var bits = 0; bits < 256; bits++)
        {
            var expected = (float)Definition(bits, format, fractionBits, bias);
            LazyAssert.True(
                float.IsNaN(expected) ? float.IsNaN(numbers[bits]) : BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(numbers[bits]),
                $"{format} 0x{bits:x2}: expected {expected:R}, got {numbers[bits]:R}");
        }
    }

    /// <summary>E5M2 is the upper byte of a binary16; E4M3 with 8 more in the exponent and 7 more bits of fraction is a binary16, but for its ends.</summary>
    [Fact]
    public void ToFloat32_EveryNumber_AgreesWithBinary16()
    {
        var (wide, narrow) = (Widen(Float8Format.E5M2), Widen(Float8Format.E4M3Fn));
        for (var bits = 0; bits < 256; bits++)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8)), wide[bits]);
            var exponent = bits >> 3 & 0xF;
            if (exponent > 0 && (bits & 0x7F) != 0x7F)
                Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)((bits & 0x80) << 8 | (exponent + 8) << 10 | (bits & 7) << 7)), narrow[bits]);
        }
    }

    [Theory]
    [InlineData(Float8Format.E4M3Fn, 448, 0.015625, 0.001953125, 2, 0)]
    [InlineData(Float8Format.E5M2, 57344, 6.103515625e-05, 1.52587890625e-05, 6, 2)]
    [InlineData(Float8Format.E4M3FnUz, 240, 0.0078125, 0.0009765625, 1, 0)]
    [InlineData(Float8Format.E5M2FnUz, 57344, 3.0517578125e-05, 7.62939453125e-06, 1, 0)]
    public void ToFloat32_EndsOfTheFormat_AreThePublishedOnes(Float8Format format, float largest, float smallestNormal, float smallest, int nanCount, int infinityCount)
    {
        var numbers = Widen(format);
        Assert.Equal(largest, numbers.Where(float.IsFinite).Max());
        Assert.Equal(-largest, numbers.Where(float.IsFinite).Min());
        Assert.Equal(smallest, numbers.Where(number => number > 0).Min());
        Assert.Contains(smallestNormal, numbers);
        Assert.Equal(nanCount, numbers.Count(float.IsNaN));
        Assert.Equal(infinityCount, numbers.Count(float.IsInfinity));
        Assert.Equal(format is Float8Format.E4M3Fn or Float8Format.E5M2 ? 2 : 1, numbers.Count(number => number == 0));
    }

    /// <summary>Powers of two, as binary32 has them: the same exponent, but for the smallest, which is subnormal there.</summary>
    [Fact]
    public void ToFloat32_ExponentAlone_IsAPowerOfTwo()
    {
        var numbers = Widen(Float8Format.E8M0Fnu);
        for (var bits = 1; bits < 255; bits++)
            Assert.Equal(BitConverter.Int32BitsToSingle(bits << 23), numbers[bits]);
        Assert.Equal(BitConverter.Int32BitsToSingle(1 << 22), numbers[0]);
        Assert.True(float.IsNaN(numbers[255]));
    }

    [Fact]
    public void ToFloat32_OtherLengths_AreRefused() => Assert.Throws<ArgumentException>(() => Float8.ToFloat32(new byte[3], Float8Format.E5M2, new float[2]));

    private static float[] Widen(Float8Format format)
    {
        var numbers = new float[256];
        Float8.ToFloat32(All, format, numbers);
        return numbers;
    }

    /// <summary>Sign, exponent and fraction by arithmetic, in double precision.</summary>
    private static double Definition(int bits, Float8Format format, int fractionBits, int bias)
    {
        var sign = (bits & 0x80) != 0 ? -1.0 : 1.0;
        var exponent = (bits & 0x7F) / (1 << fractionBits);
        var fraction = (bits & 0x7F) % (1 << fractionBits) / (double)(1 << fractionBits);
        switch (format)
        {
            case Float8Format.E4M3Fn when bits is 0x7F or 0xFF:
            case Float8Format.E4M3FnUz or Float8Format.E5M2FnUz when bits == 0x80:
            case Float8Format.E5M2 when exponent == 31 && fraction > 0:
                return double.NaN;
            case Float8Format.E5M2 when exponent == 31:
                return sign * double.PositiveInfinity;
            default:
                return exponent == 0 ? sign * fraction * Math.Pow(2, 1 - bias) : sign * (1 + fraction) * Math.Pow(2, exponent - bias);
        }
    }
}
