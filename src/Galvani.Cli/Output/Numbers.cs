using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Cli.Output;

/// <summary>Numbers as text: the shortest form that reads back equal, with a point or an exponent so that a real number stays one.</summary>
internal static class Numbers
{
    /// <summary>Room enough for any finite float32: sign, nine digits, point, exponent.</summary>
    public const int LongestSingle = 24;

    public static string Text(float value)
    {
        if (!float.IsFinite(value))
            return Special(value);
        Span<byte> text = stackalloc byte[LongestSingle];
        return Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    public static string Text(double value) => double.IsFinite(value) ? Real(value.ToString("R", CultureInfo.InvariantCulture)) : Special(value);

    /// <summary>A finite number as UTF-8.</summary>
    /// <param name="value">The number.</param>
    /// <param name="destination"><see cref="LongestSingle"/> bytes at least.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Format(float value, Span<byte> destination)
    {
        value.TryFormat(destination, out var count, "R", CultureInfo.InvariantCulture);
        if (destination[..count].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(destination[count..]);
            count += 2;
        }

        return count;
    }

    /// <summary>A real number in the type it is stored in: 16-bit types are shown as the float32 they widen to.</summary>
    public static string Text(DType type, double value) => type is DType.Float64 or DType.Complex128 ? Text(value) : Text((float)value);

    /// <summary>A size in bytes for people: <c>18.4 MB</c>.</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 1000)
            return FormattableString.Invariant($"{bytes} B");
        var (value, unit) = bytes < 1_000_000 ? (bytes / 1e3, "kB") : bytes < 1_000_000_000 ? (bytes / 1e6, "MB") : (bytes / 1e9, "GB");
        return FormattableString.Invariant($"{value:0.#} {unit}");
    }

    /// <summary>A count with a space between thousands: <c>6 524 160</c>.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    /// <summary>So many of something: <c>1 line</c>, <c>2 lines</c>.</summary>
    public static string Count(long count, string what) => FormattableString.Invariant($"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Real(string text) => text.AsSpan().IndexOfAny('.', 'E', 'e') < 0 ? text + ".0" : text;

    private static string Special(double value) => double.IsNaN(value) ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"";
}
