using System.Globalization;
using System.Text;
using Galvani.Cli.Output;

namespace Galvani.Cli.Tests.Output;

/// <summary>Real numbers as text: as the runtime writes them by the format R, but that whole numbers have a point and a zero.</summary>
public sealed class RealTextTests
{
    private const int Samples = 1 << 21;

    /// <summary>Neighbours on either side of a number that is looked at.</summary>
    private const int Neighbours = 3;

    [Fact]
    public void Write_RandomSingles_AreAsTheRuntimeWritesThem()
    {
        var random = new Random(1);
        for (var i = 0; i < Samples; i++)
        {
            AssertSame(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
            AssertSame((float)(random.NextDouble() - 0.5));
        }
    }

    [Fact]
    public void Write_RandomDoubles_AreAsTheRuntimeWritesThem()
    {
        var random = new Random(2);
        for (var i = 0; i < Samples; i++)
        {
            AssertSame(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
            AssertSame(random.NextDouble() - 0.5);
            AssertSame((double)(float)random.NextDouble()); // many zero bits: exact digits, and ties
        }
    }

    [Fact]
    public void Write_PowersOfTwoAndTheirNeighbours_AreAsTheRuntimeWritesThem()
    {
        for (var exponent = -1074; exponent <= 1023; exponent++)
        {
            AssertNeighbours(Math.ScaleB(1.0, exponent));
            AssertNeighbours(Math.ScaleB(1f, exponent));
            AssertNeighbours(Math.ScaleB(3.0, exponent));
            AssertNeighbours(Math.ScaleB(3f, exponent));
        }
    }

    [Fact]
    public void Write_PowersOfTenAndTheirNeighbours_AreAsTheRuntimeWritesThem()
    {
        for (var exponent = -324; exponent <= 308; exponent++)
        {
            for (var digit = 1; digit <= 9; digit++)
            {
                var text = FormattableString.Invariant($"{digit}E{exponent}");
                AssertNeighbours(double.Parse(text, CultureInfo.InvariantCulture));
                AssertNeighbours(float.Parse(text, CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>The first subnormal numbers of each kind, whole numbers, and numbers of few digits.</summary>
    [Fact]
    public void Write_SmallWholeAndShortNumbers_AreAsTheRuntimeWritesThem()
    {
        for (var i = 0; i < 100_000; i++)
        {
            AssertSame(BitConverter.Int32BitsToSingle(i));
            AssertSame(BitConverter.Int64BitsToDouble(i));
            AssertSame((float)i);
            AssertSame((double)i);
            AssertSame(i / 1000f);
            AssertSame(i / 1000.0);
            AssertSame(1e9f + 64 * i);
            AssertSame(i + 0.5);
            AssertSame(9_007_199_254_740_000.0 + i);
        }
    }

    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1.0, "1.0")]
    [InlineData(-0.0001, "-0.0001")]
    [InlineData(0.00001, "1E-05")]
    [InlineData(1.5e20, "1.5E+20")]
    [InlineData(12345678901234568.0, "12345678901234568.0")]
    [InlineData(123456789012345680.0, "1.2345678901234568E+17")]
    [InlineData(double.Epsilon, "5E-324")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    [InlineData(-2.2250738585072014e-308, "-2.2250738585072014E-308")]
    public void Write_Double_HasThePointOrTheExponentInItsPlace(double value, string expected) => Assert.Equal(expected, Text(value));

    [Theory]
    [InlineData(0f, "0.0")]
    [InlineData(-0f, "-0.0")]
    [InlineData(16777216f, "16777216.0")]
    [InlineData(123456789f, "123456790.0")]
    [InlineData(1e9f, "1E+09")]
    [InlineData(float.Epsilon, "1E-45")]
    [InlineData(float.MaxValue, "3.4028235E+38")]
    public void Write_Single_HasThePointOrTheExponentInItsPlace(float value, string expected) => Assert.Equal(expected, Text(value));

    /// <summary>Two powers of two that the runtime writes one digit too short: as their neighbours below (https://github.com/dotnet/runtime/pull/131131).</summary>
    [Theory]
    [InlineData(-25, "2.9802322387695312E-08")]
    [InlineData(-958, "4.1045368012983762E-289")]
    public void Write_PowersOfTwoThatTheRuntimeMisses_ReadBackEqual(int exponent, string expected)
    {
        var value = Math.ScaleB(1.0, exponent);
        Assert.Equal(expected, Text(value));
        Assert.Equal(value, double.Parse(Text(value), CultureInfo.InvariantCulture));
    }

    private static void AssertNeighbours(float value)
    {
        for (var i = -Neighbours; i <= Neighbours; i++)
            AssertSame(BitConverter.Int32BitsToSingle(Math.Max(0, BitConverter.SingleToInt32Bits(value) + i)));
    }

    private static void AssertNeighbours(double value)
    {
        for (var i = -Neighbours; i <= Neighbours; i++)
            AssertSame(BitConverter.Int64BitsToDouble(Math.Max(0, BitConverter.DoubleToInt64Bits(value) + i)));
    }

    private static void AssertSame(float value)
    {
        if (!float.IsFinite(value))
            return;
        Span<byte> text = stackalloc byte[RealText.Room];
        Span<byte> expected = stackalloc byte[RealText.Room];
        text = text[..RealText.Write(value, text)];
        value.TryFormat(expected, out var length, "R", CultureInfo.InvariantCulture);
        if (!text.SequenceEqual(AsReal(expected, length)))
            Assert.Fail($"{BitConverter.SingleToInt32Bits(value):x8}: {Encoding.ASCII.GetString(text)}, the runtime writes {value:R}");
    }

    private static void AssertSame(double value)
    {
        if (!double.IsFinite(value))
            return;
        Span<byte> text = stackalloc byte[RealText.Room];
        Span<byte> expected = stackalloc byte[RealText.Room];
        text = text[..RealText.Write(value, text)];
        value.TryFormat(expected, out var length, "R", CultureInfo.InvariantCulture);
        // Where the runtime's own text is another number's, Write_PowersOfTwoThatTheRuntimeMisses_ReadBackEqual says what is right.
        if (!text.SequenceEqual(AsReal(expected, length)) && double.Parse(expected[..length], CultureInfo.InvariantCulture) == value)
            Assert.Fail($"{BitConverter.DoubleToInt64Bits(value):x16}: {Encoding.ASCII.GetString(text)}, the runtime writes {value:R}");
    }

    private static ReadOnlySpan<byte> AsReal(Span<byte> text, int length)
    {
        if (text[..length].IndexOfAny((byte)'.', (byte)'E') >= 0)
            return text[..length];
        ".0"u8.CopyTo(text[length..]);
        return text[..(length + 2)];
    }

    private static string Text(float value)
    {
        Span<byte> text = stackalloc byte[RealText.Room];
        return Encoding.ASCII.GetString(text[..RealText.Write(value, text)]);
    }

    private static string Text(double value)
    {
        Span<byte> text = stackalloc byte[RealText.Room];
        return Encoding.ASCII.GetString(text[..RealText.Write(value, text)]);
    }
}
