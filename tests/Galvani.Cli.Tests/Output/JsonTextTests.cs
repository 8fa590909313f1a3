using System.Numerics;
using System.Text;
using System.Text.Json;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Output;

namespace Galvani.Cli.Tests.Output;

/// <summary>JSON by the program's rules: numbers, escapes, nesting.</summary>
public sealed class JsonTextTests
{
    [Fact]
    public void Number_Single_IsTheShortestFormThatReadsBackInItsOwnType()
    {
        Assert.Equal("0.1\n", Json(json => json.Number(0.1f)));
        Assert.Equal("0.1\n", Json(json => json.Number(0.1)));
        Assert.Equal("0.10000000149011612\n", Json(json => json.Number((double)0.1f)));
        Assert.Equal("1.0\n", Json(json => json.Number(1f)));
        Assert.Equal("1E-06\n", Json(json => json.Number(1e-6f)));
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var value = BitConverter.Int32BitsToSingle(random.Next());
            if (float.IsFinite(value))
                Assert.Equal(value, float.Parse(Json(json => json.Number(value)), System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Number_Element_IsExactInItsType()
    {
        Assert.Equal("18446744073709551615", Element(DType.UInt64, BitConverter.GetBytes(ulong.MaxValue)));
        Assert.Equal("-9223372036854775808", Element(DType.Int64, BitConverter.GetBytes(long.MinValue)));
        Assert.Equal("448.0", Element(DType.Float8E4M3Fn, [0x7E]));
        Assert.Equal("\"nan\"", Element(DType.Float8E5M2FnUz, [0x80]));
        Assert.Equal("-1.7976931348623157E+308", Element(DType.Float64, BitConverter.GetBytes(double.MinValue)));
        Assert.Equal("[1.0, \"-inf\"]", Element(DType.Complex64, [.. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(float.NegativeInfinity)]));

        static string Element(DType type, byte[] bytes)
        {
            var text = new byte[ElementText.Longest];
            return Encoding.ASCII.GetString(text, 0, ElementText.Format(TensorElement.Read(type, bytes), ElementForm.Json, text));
        }
    }

    /// <summary>More elements than fit in the parts that the processors work on at once; the same text as element by element.</summary>
    [Theory]
    [InlineData(DType.Bool)]
    [InlineData(DType.Int8)]
    [InlineData(DType.Float8E5M2)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.UInt16)]
    [InlineData(DType.Float32)]
    [InlineData(DType.Int64)]
    [InlineData(DType.Float64)]
    [InlineData(DType.Complex64)]
    public void Elements_ManyOfEveryType_AreWrittenInTheirOrder(DType type)
    {
        var bytes = new byte[(1 << 18) * 2];
        new Random(3).NextBytes(bytes);
        var count = bytes.Length / type.ElementBytes();
        var view = CheckpointTree.Computed(type, [count], (first, destination) => bytes.AsSpan((int)first * type.ElementBytes(), destination.Length).CopyTo(destination)).View;
        var nodes = 0L;
        var all = Json(json => nodes = json.BeginArray().Null().Elements(view, count).Elements(view, 0).Elements(view, 2).EndArray().NodeCount);
        Assert.Equal(5 + (count + 2) * JsonText.NodesOf(type), nodes);
        var expected = new StringBuilder("[null, [");
        var text = new byte[ElementText.Longest];
        for (var i = 0; i < count; i++)
            expected.Append(i == 0 ? "" : ", ").Append(Encoding.ASCII.GetString(text, 0, ElementText.Format(view.ReadElement(i), ElementForm.Json, text)));
        Assert.StartsWith(expected.Append("], [], [").ToString(), all, StringComparison.Ordinal);
    }

    [Fact]
    public void Number_NegativeZero_KeepsItsSign()
    {
        Assert.Equal("-0.0\n", Json(json => json.Number(-0f)));
        Assert.Equal("-0.0\n", Json(json => json.Number(-0.0)));
    }

    [Fact]
    public void Number_NotFinite_IsAString() =>
        Assert.Equal("[\"nan\", \"inf\", \"-inf\"]\n", Json(json => json.Vector([float.NaN, float.PositiveInfinity, float.NegativeInfinity])));

    [Fact]
    public void Number_WholeOfAnySize_IsANumber() =>
        Assert.Equal("1180591620717411303424\n", Json(json => json.Number(BigInteger.Parse("1180591620717411303424", System.Globalization.CultureInfo.InvariantCulture))));

    [Fact]
    public void Text_SpecialCharacters_AreEscapedAndReadBack()
    {
        const string Text = "a\"b\\c\n\r\t\u0001\u007f\u0085\u2028\u2029 ▁Ж 😀 \ufeff";
        var json = Json(writer => writer.Text(Text));
        Assert.Equal(Text, JsonSerializer.Deserialize<string>(json));
        foreach (var separator in "\r\u0085\u2028\u2029")
            Assert.DoesNotContain(separator, json);
        Assert.Single(json, character => character == '\n');
    }

    [Fact]
    public void Text_LoneSurrogate_IsEscaped() => Assert.Equal("\"a\\ud800b\"\n", Json(json => json.Text("a\ud800b")));

    [Fact]
    public void Members_NestedObjects_AreSeparatedByCommas() =>
        Assert.Equal("{\"a\": [1, [], {}], \"b\": null, \"c\": true}\n", Json(json => json.BeginObject()
            .Name("a").BeginArray().Number(1L).BeginArray().EndArray().BeginObject().EndObject().EndArray().Name("b").Null().Name("c").Flag(true).EndObject()));

    [Theory]
    [InlineData(DType.Float16, 0.1, "0.1")]
    [InlineData(DType.Float64, 0.1, "0.1")]
    [InlineData(DType.Float64, 3.0, "3.0")]
    public void Text_RealOfAType_IsShownInIt(DType type, double value, string expected) => Assert.Equal(expected, Numbers.Text(type, value));

    private static string Json(Action<JsonText> write)
    {
        using var stream = new MemoryStream();
        var json = new JsonText(stream);
        write(json);
        json.EndLine();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
