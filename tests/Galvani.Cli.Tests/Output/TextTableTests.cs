using Galvani.Cli.Output;

namespace Galvani.Cli.Tests.Output;

/// <summary>Columns, alignment, and rows that are wider than a screen.</summary>
public sealed class TextTableTests
{
    [Fact]
    public void Write_Columns_AreAlignedByDisplayWidth() =>
        Assert.Equal("  name    size\n  Привет     1\n  漢字      22\n", Write(new TextTable("name", "size").AlignRight(1).Add("Привет", "1").Add("漢字", "22"), "  "));

    [Fact]
    public void Write_LastCellWiderThanTheScreen_GoesOnBelowItself()
    {
        var text = Write(new TextTable("", "").WrapAtScreen().Add("label", string.Join(' ', Enumerable.Repeat("word", 30))).Add("x", "y"), "  ");
        var lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length <= TextWrap.ScreenColumns));
        Assert.StartsWith("         word word", lines[1], StringComparison.Ordinal);
        Assert.Equal(30, text.Split("word").Length - 1);
    }

    [Fact]
    public void Write_WithoutWrapping_KeepsRowsWhole() => Assert.Single(Write(new TextTable("").Add(new string('x', 200)), "").TrimEnd('\n').Split('\n'));

    private static string Write(TextTable table, string indent)
    {
        using var writer = new StringWriter();
        table.Write(writer, indent);
        return writer.ToString();
    }
}
