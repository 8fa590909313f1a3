using System.Text;
using Galvani.Cli.Output;

namespace Galvani.Cli.Tests.Output;

/// <summary>Plain output: no line separator in a line, nothing that steers a terminal.</summary>
public sealed class PlainTextTests
{
    [Theory]
    [InlineData("a\nb\rc\u0085d\u2028e\u2029f", "a b c d e f")]
    [InlineData("plain ▁text", "plain ▁text")]
    [InlineData("\ufeffx", "\ufeffx")]
    [InlineData("", "")]
    public void OneLine_LineSeparators_BecomeSpaces(string text, string expected) => Assert.Equal(expected, PlainText.OneLine(text));

    [Theory]
    [InlineData("a\u001b[31mb", "a\\u001b[31mb")]
    [InlineData("x\u202ey", "x\\u202ey")]
    [InlineData("Привет", "Привет")]
    public void Visible_ControlCharacters_AreShown(string text, string expected) => Assert.Equal(expected, PlainText.Visible(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 4, "abc…")]
    public void Elide_LongText_EndsInAnEllipsis(string text, int length, string expected) => Assert.Equal(expected, PlainText.Elide(text, length));

    [Fact]
    public void Of_TextWithSeparators_IsOneLineOfBytes() => Assert.Equal("a b\n"u8.ToArray(), LineBytes.Of("a\u2028b"));

    [Fact]
    public void Of_Json_EscapesSeparators() => Assert.Equal("\"a\\u2028b\"\n", Encoding.UTF8.GetString(LineBytes.Of(json => json.Text("a\u2028b"))));
}
