using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Unicode;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Cli.Output;

/// <summary>
/// Writes JSON by the number rules of this program: the shortest form that reads back equal in the number's own type, <c>-0.0</c> kept, NaN and infinities as the
/// strings <c>"nan" "inf" "-inf"</c>, whole numbers of any size. Text is not escaped beyond what JSON demands, except line separators.
/// </summary>
internal sealed class JsonText(Stream output)
{
    // The bytes of what is escaped; some are in other characters, too.
    private static readonly SearchValues<byte> LookedAt = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(value => (byte)value), (byte)'"', (byte)'\\', 0x7F, 0x85, 0xA8, 0xA9]);

    private readonly Utf8Buffer buffer = new();
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
        Append(": "u8);
        needsComma = false;
        return this;
    }

    public JsonText Text(string? value)
    {
        Separate();
        if (value is null)
            Append("null"u8);
        else
            Quote(value);
        return this;
    }

    /// <summary>A text of any length in UTF-8, broken bytes as U+FFFD, of which no string is made.</summary>
    public JsonText Text(ReadOnlySpan<byte> utf8)
    {
        BeginText();
        while (!utf8.IsEmpty)
        {
            var part = utf8[..LengthOfPart(utf8)];
            PartOfText(Utf8.IsValid(part) ? part : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(part)));
            utf8 = utf8[part.Length..];
        }

        return EndText();
    }

    /// <summary>Begins a text that comes in parts.</summary>
    public JsonText BeginText()
    {
        Separate();
        Append("\""u8);
        return this;
    }

    /// <summary>A part of a text, whole characters in UTF-8.</summary>
    public JsonText PartOfText(ReadOnlySpan<byte> utf8)
    {
        if (!HasEscapes(utf8))
            Append(utf8);
        else
            Characters(Encoding.UTF8.GetString(utf8));
        FlushLarge();
        return this;
    }

    /// <summary>A part of a text.</summary>
    public JsonText PartOfText(string text)
    {
        Characters(text);
        FlushLarge();
        return this;
    }

    /// <summary>Ends a text that came in parts.</summary>
    public JsonText EndText()
    {
        Append("\""u8);
        return this;
    }

    public JsonText Flag(bool value) => Raw(value ? "true"u8 : "false"u8);

    public JsonText Null() => Raw("null"u8);

    public JsonText Number(long value)
    {
        const int LongestNumber = 20;
        Separate();
        value.TryFormat(buffer.Room(LongestNumber), out var length, provider: CultureInfo.InvariantCulture);
        buffer.Advance(length);
        return this;
    }

    public JsonText Number(Int128 value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public JsonText Number(BigInteger value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public JsonText Number(float value)
    {
        Separate();
        buffer.Advance(Numbers.Format(value, ElementForm.Json, buffer.Room(Numbers.Longest)));
        return this;
    }

    public JsonText Number(double value)
    {
        Separate();
        buffer.Advance(Numbers.Format(value, ElementForm.Json, buffer.Room(Numbers.Longest)));
        return this;
    }

    /// <summary>The first elements of a tensor as an array, in row-major order.</summary>
    public JsonText Elements(TensorView view, long elementCount)
    {
        BeginArray();
        ElementWriter.WriteJson(view, elementCount, text =>
        {
            Append(text);
            FlushLarge();
        });
        NodeCount += elementCount * NodesOf(view.DType);
        return EndArray();
    }

    /// <summary>The nodes that an element is: of a complex one the pair, too.</summary>
    public static int NodesOf(DType type) => type.IsComplex() ? 3 : 1;

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

    /// <summary>Ends the document with a line feed and writes it; the next one may follow.</summary>
    public void EndLine()
    {
        Append("\n"u8);
        needsComma = false;
        Flush();
    }

    /// <summary>So many bytes that no character goes on behind them. Four bytes that could go on belong to no character that began before them.</summary>
    private static int LengthOfPart(ReadOnlySpan<byte> utf8)
    {
        const int MostBytes = 1 << 14;
        if (utf8.Length <= MostBytes)
            return utf8.Length;
        for (var length = MostBytes; length > MostBytes - 4; length--)
        {
            if ((utf8[length] & 0xC0) != 0x80)
                return length;
        }

        return MostBytes;
    }

    private JsonText Raw(ReadOnlySpan<byte> utf8)
    {
        Separate();
        Append(utf8);
        return this;
    }

    private JsonText Raw(string text)
    {
        Separate();
        Append(text);
        return this;
    }

    private JsonText Open(char bracket)
    {
        Separate();
        Append([(byte)bracket]);
        needsComma = false;
        return this;
    }

    private JsonText Close(char bracket)
    {
        Append([(byte)bracket]);
        needsComma = true;
        return this;
    }

    private void Separate()
    {
        NodeCount++;
        if (needsComma)
            Append(", "u8);
        needsComma = true;
        FlushLarge();
    }

    private void FlushLarge()
    {
        const int FlushAt = 1 << 16;
        if (buffer.Length > FlushAt)
            Flush();
    }

    private void Append(ReadOnlySpan<byte> utf8) => buffer.Append(utf8);

    private void Append(ReadOnlySpan<char> text) => buffer.Append(text);

    private void Flush()
    {
        output.Write(buffer.Text);
        buffer.Clear();
    }

    private void Quote(string text)
    {
        Append("\""u8);
        Characters(text);
        Append("\""u8);
    }

    private void Characters(string text)
    {
        var start = 0; // of the run that needs no escape
        for (var i = 0; i < text.Length; i++)
        {
            if (!NeedsEscape(text, i))
                continue;
            Append(text.AsSpan(start, i - start));
            Escape(text[i]);
            start = i + 1;
        }

        Append(text.AsSpan(start));
    }

    /// <summary>Whether characters in UTF-8 are escaped: where one of their bytes is looked at, most are not.</summary>
    private static bool HasEscapes(ReadOnlySpan<byte> utf8)
    {
        for (var start = 0; utf8[start..].IndexOfAny(LookedAt) is >= 0 and var index; start += index + 1)
        {
            var upToHere = utf8[..(start + index + 1)];
            if (upToHere[^1] < 0x80 || upToHere.EndsWith("\u0085"u8) || upToHere.EndsWith("\u2028"u8) || upToHere.EndsWith("\u2029"u8))
                return true;
        }

        return false;
    }

    private static bool NeedsEscape(string text, int index)
    {
        var character = text[index];
        if (char.IsHighSurrogate(character))
            return index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1]);
        if (char.IsLowSurrogate(character))
            return index == 0 || !char.IsHighSurrogate(text[index - 1]);
        return character is < ' ' or '"' or '\\' or '\u007f' or '\u0085' or '\u2028' or '\u2029';
    }

    private void Escape(char character)
    {
        switch (character)
        {
            case '"':
                Append("\\\""u8);
                break;
            case '\\':
                Append("\\\\"u8);
                break;
            case '\n':
                Append("\\n"u8);
                break;
            case '\r':
                Append("\\r"u8);
                break;
            case '\t':
                Append("\\t"u8);
                break;
            default:
                Append(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"));
                break;
        }
    }
}
