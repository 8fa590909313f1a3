namespace Galvani.Kernels;

/// <summary>The forms of 8-bit floating-point numbers, named as torch names them.</summary>
public enum Float8Format
{
    /// <summary>Sign, 4 bits of exponent (bias 7), 3 of fraction. No infinities; NaN is all ones behind the sign. Largest 448.</summary>
    E4M3Fn,

    /// <summary>Sign, 5 bits of exponent (bias 15), 2 of fraction, as IEEE 754 would have it: the upper byte of a binary16. Largest 57344.</summary>
    E5M2,

    /// <summary>Sign, 4 bits of exponent (bias 8), 3 of fraction. No infinities, no negative zero: its bits are the one NaN. Largest 240.</summary>
    E4M3FnUz,

    /// <summary>Sign, 5 bits of exponent (bias 16), 2 of fraction. No infinities, no negative zero: its bits are the one NaN. Largest 57344.</summary>
    E5M2FnUz,

    /// <summary>8 bits of exponent (bias 127) and nothing else: powers of two, without sign, zero or infinity. NaN is all ones. Scales of blocks of smaller numbers.</summary>
    E8M0Fnu,
}

/// <summary>
/// Numbers of 8 bits, widened exactly by a table of all 256. Formats: OCP 8-bit Floating Point Specification (E4M3, E5M2), Noune et al., 8-bit Numerical Formats for
/// Deep Neural Networks, 2022 (those without negative zero), and OCP Microscaling Formats Specification (E8M0).
/// </summary>
public static class Float8
{
    private const int NumberCount = 256;
    private const byte NegativeZero = 0x80;

    private static readonly float[][] Tables = [.. Enum.GetValues<Float8Format>().Select(TableOf)];

    /// <summary>8-bit elements, widened exactly.</summary>
    /// <param name="source">1 byte an element.</param>
    /// <param name="format">What the bits mean.</param>
    /// <param name="destination">The numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void ToFloat32(ReadOnlySpan<byte> source, Float8Format format, Span<float> destination)
    {
        if (source.Length != destination.Length)
            throw new ArgumentException($"{source.Length} bytes are not {destination.Length} elements of 1 byte.", nameof(source));
        var table = Tables[(int)format];
        for (var i = 0; i < destination.Length; i++)
            destination[i] = table[source[i]];
    }

    private static float[] TableOf(Float8Format format)
    {
        var table = new float[NumberCount];
        for (var bits = 0; bits < NumberCount; bits++)
            table[bits] = Decode((byte)bits, format);
        return table;
    }

    private static float Decode(byte bits, Float8Format format)
    {
        if (format == Float8Format.E8M0Fnu)
            return bits == byte.MaxValue ? float.NaN : MathF.ScaleB(1, bits - 127);
        var (fractionBits, bias, isUnsignedZero) = format switch
        {
            Float8Format.E4M3Fn => (3, 7, false),
            Float8Format.E5M2 => (2, 15, false),
            Float8Format.E4M3FnUz => (3, 8, true),
            _ => (2, 16, true),
        };
        var magnitude = bits & 0x7F;
        var (exponent, fraction) = (magnitude >> fractionBits, magnitude & ((1 << fractionBits) - 1));
        if (isUnsignedZero ? bits == NegativeZero : format == Float8Format.E4M3Fn ? magnitude == 0x7F : exponent == 0x1F && fraction != 0)
            return float.NaN;
        var sign = bits < NegativeZero ? 1f : -1f;
        if (format == Float8Format.E5M2 && exponent == 0x1F)
            return sign * float.PositiveInfinity;
        var significand = exponent == 0 ? fraction : fraction + (1 << fractionBits); // the leading one is not written, but in subnormal numbers
        return sign * MathF.ScaleB(significand, Math.Max(exponent, 1) - bias - fractionBits);
    }
}
