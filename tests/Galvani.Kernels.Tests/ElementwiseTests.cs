namespace Galvani.Kernels.Tests;

/// <summary>Functions of elements against double-precision twins.</summary>
public sealed class ElementwiseTests
{
    public static TheoryData<ElementFunction> Functions => [.. Enum.GetValues<ElementFunction>()];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Apply_ValuesFromMinus110To110_EqualTheTwin(ElementFunction function)
    {
        var values = Enumerable.Range(-110_000, 220_001).Select(i => i * 1e-3f).ToArray();
        var actual = (float[])values.Clone();
        Elementwise.Apply(function, actual);
        // Where e^-x overflows, σ(x) is 0 instead of less than 2^-128: the last term is that times |x|.
        // Gelu takes erf as 1 beyond 4, where it lacks 1.6e-8: the second term is half of that times |x|.
        KernelData.Within([.. values.Select(value => Twin(function, value))], actual,
            i => 4 * KernelData.Unit * Math.Abs(Twin(function, values[i])) + (function == ElementFunction.Gelu ? 0.8e-8 * Math.Abs(values[i]) : 0) + 3e-39 * Math.Abs(values[i]) + 1e-38, function.ToString());
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Apply_EveryLength_DoesNotDependOnPlace(ElementFunction function)
    {
        var random = new Random(1);
        var all = KernelData.Normal(random, 257, scale: 3);
        var expected = (float[])all.Clone();
        Elementwise.Apply(function, expected);
        for (var length = 0; length <= all.Length; length++)
        {
            var actual = KernelData.Run(length, destination =>
            {
                all.AsSpan(all.Length - length).CopyTo(destination.Span);
                Elementwise.Apply(function, destination.Span);
            });
            Assert.Equal(expected[(all.Length - length)..], actual);
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Apply_SpecialValues_AreThoseOfTheFunction(ElementFunction function)
    {
        float[] values = [float.NaN, float.PositiveInfinity, 0, -0f, 1e-40f, float.MaxValue, -100, 200];
        var actual = (float[])values.Clone();
        Elementwise.Apply(function, actual);
        Assert.True(float.IsNaN(actual[0]));
        for (var i = 1; i < values.Length; i++)
            Assert.Equal((float)Twin(function, values[i]), actual[i], 1e-30f + 1e-6f * Math.Abs(float.IsFinite(values[i]) ? values[i] : 0));
    }

    internal static double Twin(ElementFunction function, double x) => function switch
    {
        ElementFunction.Identity => x,
        ElementFunction.Relu => Math.Max(x, 0),
        ElementFunction.Gelu => double.IsPositiveInfinity(x) ? x : x * 0.5 * (1 + ErrorFunction(x / Math.Sqrt(2))),
        ElementFunction.Silu => x / (1 + Math.Exp(-x)),
        _ => 1 / (1 + Math.Exp(-x)),
    };

    /// <summary>The error function by its Maclaurin series up to 3 and by its continued fraction beyond.</summary>
    internal static double ErrorFunction(double x)
    {
        if (x < 0)
            return -ErrorFunction(-x);
        if (x > 3)
        {
            var fraction = x;
            for (var k = 60; k >= 1; k--)
                fraction = x + k / 2.0 / fraction;
            return 1 - Math.Exp(-x * x) / (fraction * Math.Sqrt(Math.PI));
        }

        var (sum, term) = (x, x);
        for (var k = 1; k < 80; k++)
        {
            term *= -x * x / k;
            sum += term / (2 * k + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
