using System.Runtime.InteropServices;

namespace Galvani.Kernels.Tests;

/// <summary>Casts to binary64 are exact, for all lengths 0 to 257, with guards behind the destination.</summary>
public sealed class WideningCastsTests
{
    private const double Guard = -1234.5;

    [Fact]
    public void ToFloat64_EveryLength_IsExact() => CheckLengths((random, destination) =>
    {
        var source = new float[destination.Length];
        random.NextBytes(MemoryMarshal.AsBytes(source.AsSpan()));
        WideningCasts.ToFloat64(source, destination);
        return [.. source.Select(value => (double)value)];
    });

    [Fact]
    public void FromFloat64_EveryLengthAtAnOddAddress_IsACopy() => CheckLengths((random, destination) =>
    {
        var bytes = new byte[1 + destination.Length * sizeof(double)];
        random.NextBytes(bytes);
        WideningCasts.FromFloat64(bytes.AsSpan(1), destination);
        return [.. Enumerable.Range(0, destination.Length).Select(i => BitConverter.ToDouble(bytes, 1 + i * sizeof(double)))];
    });

    [Fact]
    public void FromInteger_EveryLength_IsExactOrRoundedOnce()
    {
        CheckLengths((random, destination) => Integers(random, destination, sizeof(int), WideningCasts.FromInteger, (bytes, at) => BitConverter.ToInt32(bytes, at)));
        CheckLengths((random, destination) => Integers(random, destination, sizeof(long), WideningCasts.FromInteger, (bytes, at) => (double)(Int128)BitConverter.ToInt64(bytes, at)));
        CheckLengths((random, destination) => Integers(random, destination, sizeof(uint), WideningCasts.FromUnsignedInteger, (bytes, at) => BitConverter.ToUInt32(bytes, at)));
        CheckLengths((random, destination) => Integers(random, destination, sizeof(ulong), WideningCasts.FromUnsignedInteger, (bytes, at) => (double)(Int128)BitConverter.ToUInt64(bytes, at)));
    }

    [Theory]
    [InlineData(ulong.MaxValue, 18446744073709551616.0)]
    [InlineData((1UL << 53) + 1, 9007199254740992.0)]
    [InlineData((1UL << 63) + (1UL << 10), 9223372036854775808.0)]
    [InlineData((1UL << 63) + (1UL << 10) + 1, 9223372036854777856.0)]
    public void FromUnsignedInteger_BeyondFiftyThreeBits_IsRoundedToEven(ulong value, double expected)
    {
        var number = new double[1];
        WideningCasts.FromUnsignedInteger(BitConverter.GetBytes(value), sizeof(ulong), number);
        Assert.Equal(expected, number[0]);
    }

    [Fact]
    public void AnyCast_LengthsThatDoNotFit_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => WideningCasts.FromInteger(new byte[9], 8, new double[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => WideningCasts.FromInteger(new byte[2], 2, new double[1]));
        Assert.Throws<ArgumentException>(() => WideningCasts.FromUnsignedInteger(new byte[4], 4, new double[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => WideningCasts.FromUnsignedInteger(new byte[1], 1, new double[1]));
        Assert.Throws<ArgumentException>(() => WideningCasts.ToFloat64([1f], new double[2]));
        Assert.Throws<ArgumentException>(() => WideningCasts.FromFloat64(new byte[9], new double[1]));
    }

    private delegate double[] Fill(Random random, Span<double> destination);

    private delegate void Cast(ReadOnlySpan<byte> source, int elementBytes, Span<double> destination);

    private static double[] Integers(Random random, Span<double> destination, int elementBytes, Cast cast, Func<byte[], int, double> read)
    {
        var bytes = new byte[1 + destination.Length * elementBytes];
        random.NextBytes(bytes);
        cast(bytes.AsSpan(1), elementBytes, destination);
        return [.. Enumerable.Range(0, destination.Length).Select(i => read(bytes, 1 + i * elementBytes))];
    }

    private static void CheckLengths(Fill fill)
    {
        var random = new Random(7);
        for (var length = 0; length <= 257; length++)
        {
            var destination = Enumerable.Repeat(Guard, length + 8).ToArray();
            var expected = fill(random, destination.AsSpan(0, length));
            for (var i = 0; i < length; i++)
                LazyAssert.True(expected[i].Equals(destination[i]), $"length {length}, [{i}]: {destination[i]:R}, expected {expected[i]:R}");
            Assert.All(destination[length..], value => Assert.Equal(Guard, value));
        }
    }
}
