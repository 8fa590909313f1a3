using System.Buffers.Binary;
using System.Globalization;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Cli.Output;

/// <summary>Elements of tensors as UTF-8, by the number rules. Immutable but for texts that are remembered; may be used by many threads.</summary>
internal sealed class ElementText
{
    /// <summary>Room enough for any element: two reals, what stands around and between them.</summary>
    public const int Longest = 2 * Numbers.Longest + 8;

    private const int ManyElements = 1 << 18;

    private readonly DType type;
    private readonly ElementForm form;
    private readonly byte[]?[]? remembered; // by bits; null where a type has too many values, or a tensor too few elements

    /// <param name="type">The elements' type.</param>
    /// <param name="form">How they are written.</param>
    /// <param name="elementCount">How many there will be.</param>
    public ElementText(DType type, ElementForm form, long elementCount)
    {
        (this.type, this.form) = (type, form);
        if (type.ElementBytes() <= 2 && elementCount >= ManyElements)
            remembered = new byte[]?[1 << (8 * type.ElementBytes())];
    }

    /// <summary>Writes elements.</summary>
    /// <param name="elements">The elements as they are in the file, one at least.</param>
    /// <param name="separator">What stands between them.</param>
    /// <param name="destination"><see cref="Longest"/> bytes and a separator for each.</param>
    /// <returns>The number of bytes written.</returns>
    public int Write(ReadOnlySpan<byte> elements, ReadOnlySpan<byte> separator, Span<byte> destination)
    {
        var elementBytes = type.ElementBytes();
        var written = Write(elements, destination);
        while (elements.Length > elementBytes)
        {
            elements = elements[elementBytes..];
            separator.CopyTo(destination[written..]);
            written += separator.Length;
            written += Write(elements, destination[written..]);
        }

        return written;
    }

    /// <summary>One element as text.</summary>
    /// <param name="element">The element.</param>
    /// <param name="form">How it is written.</param>
    /// <param name="destination"><see cref="Longest"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Format(TensorElement element, ElementForm form, Span<byte> destination) => element.Kind switch
    {
        TensorElementKind.Boolean => Copy(element.Boolean ? "true"u8 : "false"u8, destination),
        TensorElementKind.Integer => FormatInteger(element.Integer, destination),
        TensorElementKind.Complex => FormatComplex(element.DType, element.Real, element.Imaginary, form, destination),
        _ => FormatReal(element.DType, element.Real, form, destination),
    };

    private int Write(ReadOnlySpan<byte> elements, Span<byte> destination)
    {
        if (remembered is not null)
            return Copy(Remembered(elements[..type.ElementBytes()]), destination);
        return type switch
        {
            DType.Float32 => Numbers.Format(BinaryPrimitives.ReadSingleLittleEndian(elements), form, destination),
            DType.Float64 => Numbers.Format(BinaryPrimitives.ReadDoubleLittleEndian(elements), form, destination),
            DType.Complex64 => FormatComplex(type, BinaryPrimitives.ReadSingleLittleEndian(elements), BinaryPrimitives.ReadSingleLittleEndian(elements[sizeof(float)..]), form, destination),
            DType.Complex128 => FormatComplex(type, BinaryPrimitives.ReadDoubleLittleEndian(elements), BinaryPrimitives.ReadDoubleLittleEndian(elements[sizeof(double)..]), form, destination),
            _ => Format(TensorElement.Read(type, elements), form, destination),
        };
    }

    private byte[] Remembered(ReadOnlySpan<byte> element)
    {
        ref var text = ref remembered![element.Length == 1 ? element[0] : element[0] | (element[1] << 8)];
        if (text is { } known)
            return known;
        Span<byte> made = stackalloc byte[Longest];
        return text = made[..Format(TensorElement.Read(type, element), form, made)].ToArray(); // threads that do so at once make the same
    }

    private static int FormatInteger(Int128 value, Span<byte> destination)
    {
        int length;
        if (value <= long.MaxValue)
            ((long)value).TryFormat(destination, out length, provider: CultureInfo.InvariantCulture);
        else
            ((ulong)value).TryFormat(destination, out length, provider: CultureInfo.InvariantCulture);
        return length;
    }

    private static int FormatComplex(DType type, double real, double imaginary, ElementForm form, Span<byte> destination) =>
        form == ElementForm.Json ? FormatPair(type, real, imaginary, destination) : FormatSum(real, imaginary, destination);

    private static int FormatPair(DType type, double real, double imaginary, Span<byte> destination)
    {
        destination[0] = (byte)'[';
        var length = 1 + FormatReal(type, real, ElementForm.Json, destination[1..]);
        length += Copy(", "u8, destination[length..]);
        length += FormatReal(type, imaginary, ElementForm.Json, destination[length..]);
        destination[length] = (byte)']';
        return length + 1;
    }

    /// <summary>A complex number as <see cref="TensorElement.ToString"/> gives it, in the digits of float64.</summary>
    private static int FormatSum(double real, double imaginary, Span<byte> destination)
    {
        var length = FormatSummand(real, destination);
        destination[length] = (byte)'+';
        length += imaginary < 0 ? 0 : 1;
        length += FormatSummand(imaginary, destination[length..]);
        destination[length] = (byte)'i';
        return length + 1;
    }

    private static int FormatSummand(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value))
            return Copy(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8, destination);
        var length = RealText.Write(value, destination);
        return destination[..length].EndsWith(".0"u8) ? length - 2 : length;
    }

    private static int FormatReal(DType type, double value, ElementForm form, Span<byte> destination) =>
        type is DType.Float64 or DType.Complex128 ? Numbers.Format(value, form, destination) : Numbers.Format((float)value, form, destination);

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        text.CopyTo(destination);
        return text.Length;
    }
}
