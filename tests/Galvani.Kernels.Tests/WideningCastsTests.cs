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
    public void AnyCast_LengthsThatDoNotFit_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => WideningCasts.ToFloat64([1f], new double[2]));
        Assert.Throws<ArgumentException>(() => WideningCasts.FromFloat64(new byte[9], new double[1]));
    }

    private delegate double[] Fill(Random random, Span<double> destination);

    private static void CheckLengths(Fill fill)
    {
        var random = new Random(7);
        for (var length = 0; length <= 257; length++)
        {
            var destination = Enumerable.Repeat(Guard, length + 8).ToArray();
            var expected = fill(random, destination.AsSpan(0, length));
            for (var i = 0; i < length; i++)
                Assert.True(expected[i].Equals(destination[i]), $"length {length}, [{i}]: {destination[i]:R}, expected {expected[i]:R}");
            Assert.All(destination[length..], value => Assert.Equal(Guard, value));
        }
    }
}
