using System.Globalization;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Cli.Output;

/// <summary>Elements of tensors as JSON in UTF-8, by the number rules. Immutable but for texts that are remembered; may be used by many threads.</summary>
internal sealed class ElementText
{
    /// <summary>Room enough for any element: two reals, brackets, a separator.</summary>
    public const int Longest = 2 * Numbers.LongestDouble + 8;

    private const int ManyElements = 1 << 18;

    private readonly DType type;
    private readonly byte[]?[]? remembered; // by bits; null where a type has too many values, or a tensor too few elements

    /// <param name="type">The elements' type.</param>
    /// <param name="elementCount">How many there will be.</param>
    public ElementText(DType type, long elementCount)
    {
        this.type = type;
        if (type.ElementBytes() <= 2 && elementCount >= ManyElements)
            remembered = new byte[]?[1 << (8 * type.ElementBytes())];
    }

    /// <summary>Writes elements, each behind a comma and a space.</summary>
    /// <param name="elements">The elements as they are in the file.</param>
    /// <param name="destination"><see cref="Longest"/> bytes for each.</param>
    /// <returns>The number of bytes written.</returns>
    public int Write(ReadOnlySpan<byte> elements, Span<byte> destination)
    {
        var elementBytes = type.ElementBytes();
        var written = 0;
        for (; !elements.IsEmpty; elements = elements[elementBytes..])
        {
            ", "u8.CopyTo(destination[written..]);
            written += 2;
            if (remembered is null)
            {
                written += Format(TensorElement.Read(type, elements), destination[written..]);
                continue;
            }

            var text = Remembered(elements[..elementBytes]);
            text.CopyTo(destination[written..]);
            written += text.Length;
        }

        return written;
    }

    /// <summary>One element as JSON.</summary>
    /// <param name="element">The element.</param>
    /// <param name="destination"><see cref="Longest"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Format(TensorElement element, Span<byte> destination)
    {
        switch (element.Kind)
        {
            case TensorElementKind.Boolean:
                return Copy(element.Boolean ? "true"u8 : "false"u8, destination);
            case TensorElementKind.Integer:
                return FormatInteger(element.Integer, destination);
            case TensorElementKind.Complex:
                destination[0] = (byte)'[';
                var length = 1 + FormatReal(element.DType, element.Real, destination[1..]);
                length += Copy(", "u8, destination[length..]);
                length += FormatReal(element.DType, element.Imaginary, destination[length..]);
                destination[length] = (byte)']';
                return length + 1;
            default:
                return FormatReal(element.DType, element.Real, destination);
        }
    }

    private byte[] Remembered(ReadOnlySpan<byte> element)
    {
        ref var text = ref remembered![element.Length == 1 ? element[0] : element[0] | (element[1] << 8)];
        if (text is { } known)
            return known;
        Span<byte> made = stackalloc byte[Longest];
        return text = made[..Format(TensorElement.Read(type, element), made)].ToArray(); // threads that do so at once make the same
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

    private static int FormatReal(DType type, double value, Span<byte> destination) =>
        type is DType.Float64 or DType.Complex128 ? Numbers.Format(value, destination) : Numbers.Format((float)value, destination);

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        text.CopyTo(destination);
        return text.Length;
    }
}
