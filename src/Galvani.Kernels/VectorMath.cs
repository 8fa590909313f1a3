using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Galvani.Kernels;

/// <summary>
/// Functions on eight lanes. A lane's result depends on that lane alone, so an element's value does not depend on where in a vector or in a row's remainder it
/// stands. Every operation is spelled out, so that quick and optimised code round alike.
/// </summary>
internal static class VectorMath
{
    // ln 2 in two parts: the first has so few digits that n times it is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float LargestExponent = 89f;
    private const float SmallestExponent = -105f;

    // erf(x) / x on 0 <= x <= 4 as a polynomial in u = x²/8 - 1, interpolated at Chebyshev nodes: the largest error is 1.3e-11.
    private static readonly double[] ErrorFunctionCoefficients =
    [
        0.35353099564340357, -0.17657623321425148, 0.1316751168665864, -0.10771044890863202, 0.0902089961810583, -0.07472772839185657,
        0.05988686035836471, -0.04576646332501526, 0.033061072740121926, -0.022466264352103298, 0.014347220541154785, -0.008629831259842798,
        0.00486124874598407, -0.0025306748820607293, 0.0012770856180417288, -0.0006727949335289024, 0.00029512708743779876,
        -7.246289628494117e-05, 3.298493088333909e-05, -3.668330672163782e-05, 1.2872906067752324e-05,
    ];

    /// <summary>left · right + addend: fused where the processor has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Fma.IsSupported ? Fma.MultiplyAdd(left, right, addend) : left * right + addend;

    /// <summary>The function of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(ElementFunction function, Vector256<float> x) => function switch
    {
        ElementFunction.Identity => x,
        ElementFunction.Relu => Relu(x),
        ElementFunction.Gelu => Gelu(x),
        ElementFunction.Silu => x * Sigmoid(x),
        _ => Sigmoid(x),
    };

    /// <summary>max(x, 0); NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Relu(Vector256<float> x) => Vector256.ConditionalSelect(Vector256.LessThanOrEqual(x, Vector256<float>.Zero), Vector256<float>.Zero, x);

    /// <summary>1 / (1 + e^-x).</summary>
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>e^x: 2^n · e^r with |r| &lt;= ln 2 / 2 and the Taylor polynomial of degree 7 (its remainder is 5e-9).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        var isNumber = Vector256.Equals(x, x);
        var bounded = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256.Create(SmallestExponent)), Vector256.Create(SmallestExponent), x);
        bounded = Vector256.ConditionalSelect(Vector256.GreaterThan(bounded, Vector256.Create(LargestExponent)), Vector256.Create(LargestExponent), bounded);
        bounded = Vector256.ConditionalSelect(isNumber, bounded, Vector256<float>.Zero);
        var n = Vector256.Floor(bounded * Vector256.Create(1.44269504f) + Vector256.Create(0.5f));
        var r = bounded - n * Vector256.Create(Ln2High) - n * Vector256.Create(Ln2Low);
        var power = MultiplyAdd(Vector256.Create(1f / 5040), r, Vector256.Create(1f / 720));
        power = MultiplyAdd(power, r, Vector256.Create(1f / 120));
        power = MultiplyAdd(power, r, Vector256.Create(1f / 24));
        power = MultiplyAdd(power, r, Vector256.Create(1f / 6));
        power = MultiplyAdd(power, r, Vector256.Create(0.5f));
        power = MultiplyAdd(power, r, Vector256<float>.One);
        power = MultiplyAdd(power, r, Vector256<float>.One);
        // 2^n in two factors: n itself reaches beyond the exponents that one factor has.
        var exponent = Vector256.ConvertToInt32(n);
        var half = exponent >> 1;
        var result = power * PowerOfTwo(half) * PowerOfTwo(exponent - half);
        return Vector256.ConditionalSelect(isNumber, result, x);
    }

    /// <summary>x · Φ(x) = x/2 · (1 + erf(x/√2)), in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector256<float> Gelu(Vector256<float> x)
    {
        var (low, high) = Vector256.Widen(x);
        return Vector256.Narrow(Gelu(low), Gelu(high));
    }

    /// <summary>The sum of the lanes, always in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> lanes)
    {
        var four = lanes.GetLower() + lanes.GetUpper();
        return (four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3));
    }

    /// <summary>The numbers from <paramref name="start"/> on, lanes behind the end filled up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ReadOnlySpan<float> values, int start, float filler)
    {
        if (values.Length - start >= Vector256<float>.Count)
            return Vector256.Create(values[start..]);
        Span<float> padded = stackalloc float[Vector256<float>.Count];
        padded.Fill(filler);
        values[start..].CopyTo(padded);
        return Vector256.Create<float>(padded);
    }

    /// <summary>Stores as many lanes as there is room for from <paramref name="start"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> lanes, Span<float> destination, int start)
    {
        if (destination.Length - start >= Vector256<float>.Count)
        {
            lanes.CopyTo(destination[start..]);
            return;
        }

        Span<float> padded = stackalloc float[Vector256<float>.Count];
        lanes.CopyTo(padded);
        padded[..(destination.Length - start)].CopyTo(destination[start..]);
    }

    private static Vector256<float> PowerOfTwo(Vector256<int> exponent) => ((exponent + Vector256.Create(127)) << 23).AsSingle();

    private static Vector256<double> Gelu(Vector256<double> x)
    {
        var scaled = Vector256.Abs(x) * Vector256.Create(0.70710678118654752);
        var beyond = Vector256.GreaterThan(scaled, Vector256.Create(4.0));
        var bounded = Vector256.ConditionalSelect(beyond, Vector256.Create(4.0), scaled);
        var u = bounded * bounded * Vector256.Create(0.125) - Vector256<double>.One;
        var polynomial = Vector256.Create(ErrorFunctionCoefficients[^1]);
        for (var i = ErrorFunctionCoefficients.Length - 2; i >= 0; i--)
            polynomial = polynomial * u + Vector256.Create(ErrorFunctionCoefficients[i]);
        var error = Vector256.ConditionalSelect(beyond, Vector256<double>.One, bounded * polynomial);
        error = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<double>.Zero), -error, error);
        return x * Vector256.Create(0.5) * (Vector256<double>.One + error);
    }
}
