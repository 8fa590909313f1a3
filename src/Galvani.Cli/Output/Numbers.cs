using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Cli.Output;

/// <summary>Numbers as text: the shortest form that reads back equal, with a point or an exponent so that a real number stays one.</summary>
internal static class Numbers
{
    /// <summary>Room enough for any number.</summary>
    public const int Longest = RealText.Room;

    public static string Text(float value)
    {
        Span<byte> text = stackalloc byte[Longest];
        return Encoding.ASCII.GetString(text[..Format(value, ElementForm.Json, text)]);
    }

    public static string Text(double value)
    {
        Span<byte> text = stackalloc byte[Longest];
        return Encoding.ASCII.GetString(text[..Format(value, ElementForm.Json, text)]);
    }

    /// <summary>A number as UTF-8.</summary>
    /// <param name="value">The number.</param>
    /// <param name="form">Whether NaN and infinities stand in quotes.</param>
    /// <param name="destination"><see cref="Longest"/> bytes at least.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Format(float value, ElementForm form, Span<byte> destination) => float.IsFinite(value) ? RealText.Write(value, destination) : Special(value, form, destination);

    /// <inheritdoc cref="Format(float, ElementForm, Span{byte})"/>
    public static int Format(double value, ElementForm form, Span<byte> destination) => double.IsFinite(value) ? RealText.Write(value, destination) : Special(value, form, destination);

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

    /// <summary>A number of things: <c>1 tensor</c>, <c>2 tensors</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The word for one of them; more have an s, those in -y end in -ies.</param>
    public static string Of(long count, string one) =>
        FormattableString.Invariant($"{count} {(count == 1 ? one : one.EndsWith('y') ? one[..^1] + "ies" : one + "s")}");

    private static int Special(double value, ElementForm form, Span<byte> destination)
    {
        var text = double.IsNaN(value) ? "\"nan\""u8 : value > 0 ? "\"inf\""u8 : "\"-inf\""u8;
        if (form == ElementForm.Plain)
            text = text[1..^1];
        text.CopyTo(destination);
        return text.Length;
    }
}
