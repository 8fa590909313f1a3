using System.Globalization;
using System.Numerics;
using System.Text;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Cli.Output;

/// <summary>
/// Writes JSON by the number rules of this program: the shortest form that reads back equal in the number's own type, <c>-0.0</c> kept, NaN and infinities as the
/// strings <c>"nan" "inf" "-inf"</c>, whole numbers of any size. Text is not escaped beyond what JSON demands, except line separators.
/// </summary>
internal sealed class JsonText(Stream output)
{
    private readonly StringBuilder buffer = new();
    private bool needsComma;

    /// <summary>The number of values written so far, for limits.</summary>
    public long NodeCount { get; private set; }

    public JsonText BeginObject() => Open('{');

    public JsonText EndObject() => Close('}');

    public JsonText BeginArray() => Open('[');

    public JsonText EndArray() => Close(']');

    /// <summary>A member's name; its value follows.</summary>
    public JsonText Name(string name)
    {
        Separate();
        Quote(name);
        buffer.Append(": ");
        needsComma = false;
        return this;
    }

    public JsonText Text(string? value)
    {
        Separate();
        if (value is null)
            buffer.Append("null");
        else
            Quote(value);
        return this;
    }

    public JsonText Flag(bool value) => Raw(value ? "true" : "false");

    public JsonText Null() => Raw("null");

    public JsonText Number(long value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public JsonText Number(BigInteger value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public JsonText Number(float value) => Raw(Numbers.Text(value));

    public JsonText Number(double value) => Raw(Numbers.Text(value));

    public JsonText Number(TensorElement element) => element.Kind switch
    {
        TensorElementKind.Boolean => Flag(element.Boolean),
        TensorElementKind.Integer => Number(element.Integer),
        TensorElementKind.Complex => BeginArray().Real(element.DType, element.Real).Real(element.DType, element.Imaginary).EndArray(),
        _ => Real(element.DType, element.Real),
    };

    public JsonText Vector(ReadOnlySpan<float> values)
    {
        BeginArray();
        foreach (var value in values)
            Number(value);
        return EndArray();
    }

    public JsonText Texts(IEnumerable<string> values)
    {
        BeginArray();
        foreach (var value in values)
            Text(value);
        return EndArray();
    }

    public JsonText Numbers64(IEnumerable<long> values)
    {
        BeginArray();
        foreach (var value in values)
            Number(value);
        return EndArray();
    }

    /// <summary>Ends the document with a line feed and writes it.</summary>
    public void EndLine()
    {
        buffer.Append('\n');
        needsComma = false;
        Flush();
    }

    private JsonText Real(DType type, double value) => Raw(Numbers.Text(type, value));

    private JsonText Raw(string text)
    {
        Separate();
        buffer.Append(text);
        return this;
    }

    private JsonText Open(char bracket)
    {
        Separate();
        buffer.Append(bracket);
        needsComma = false;
        return this;
    }

    private JsonText Close(char bracket)
    {
        buffer.Append(bracket);
        needsComma = true;
        return this;
    }

    private void Separate()
    {
        NodeCount++;
        if (needsComma)
            buffer.Append(", ");
        needsComma = true;
        const int FlushAt = 1 << 16;
        if (buffer.Length > FlushAt)
            Flush();
    }

    private void Flush()
    {
        output.Write(Encoding.UTF8.GetBytes(buffer.ToString()));
        buffer.Clear();
    }

    private void Quote(string text)
    {
        buffer.Append('"');
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            switch (character)
            {
                case var _ when char.IsSurrogate(character) && !(char.IsHighSurrogate(character) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) && !(char.IsLowSurrogate(character) && i > 0 && char.IsHighSurrogate(text[i - 1])):
                    Escape(character);
                    break;
                case '"':
                    buffer.Append("\\\"");
                    break;
                case '\\':
                    buffer.Append("\\\\");
                    break;
                case '\n':
                    buffer.Append("\\n");
                    break;
                case '\r':
                    buffer.Append("\\r");
                    break;
                case '\t':
                    buffer.Append("\\t");
                    break;
                case < ' ' or '\u007f' or '\u0085' or '\u2028' or '\u2029':
                    Escape(character);
                    break;
                default:
                    buffer.Append(character);
                    break;
            }
        }

        buffer.Append('"');
    }

    private void Escape(char character) => buffer.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
}
