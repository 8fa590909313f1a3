using Galvani.Cli.Output;

namespace Galvani.Cli.Tests.Output;

/// <summary>Lines of a width.</summary>
public sealed class TextWrapTests
{
    [Fact]
    public void Lines_ShortText_IsItself() => Assert.Equal(["a  b"], TextWrap.Lines("a  b", 4));

    [Fact]
    public void Lines_LongText_IsBrokenBetweenWords() => Assert.Equal(["one two", "three"], TextWrap.Lines("one two three", 8));

    [Fact]
    public void Lines_WordLongerThanALine_IsBrokenInside() => Assert.Equal(["a", "bbbb", "bb c"], TextWrap.Lines("a bbbbbb c", 4));

    [Fact]
    public void Lines_WideCharacters_CountTwice() => Assert.Equal(["漢字", "漢字"], TextWrap.Lines("漢字漢字", 5));

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("漢", 2)]
    [InlineData("e\u0301", 1)]
    [InlineData("😀", 2)]
    [InlineData("▁Ж", 2)]
    public void Width_OfText_IsWhatATerminalShows(string text, int expected) => Assert.Equal(expected, TextWrap.Width(text));
}
