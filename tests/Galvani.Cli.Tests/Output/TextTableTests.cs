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

    [Fact]
    public void Write_WiderThanItsFold_GoesOnBelowBehindAnIndent()
    {
        var table = new TextTable("name", "min", "max", "shape").AlignRight(1, 2).FoldAt(40)
            .Add("encoder.layer.0.weight", "-0.5", "12.25", "▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█").Add("short", "1", "2", "");
        Assert.Equal(
            """
            name
               min    max  shape
            encoder.layer.0.weight
              -0.5  12.25  ▁▂▃▄▅▆▇█▁▂▃▄▅▆▇█
            short
                 1      2

            """, Write(table, ""));
    }

    [Fact]
    public void Write_NameWiderThanTheFold_IsShortenedInItsMiddle()
    {
        var text = Write(new TextTable("", "").AlignRight(1).FoldAt(40).Add($"first.{new string('x', 60)}.last", "7"), "  ");
        Assert.Equal($"  first.{new string('x', 13)}…{new string('x', 13)}.last\n    7\n", text);
    }

    [Fact]
    public void Write_LastTextInAFold_IsBrokenIntoLines()
    {
        var text = Write(new TextTable("", "", "").AlignRight(1).FoldAt(40).Add("entry", "192064", string.Join(", ", Enumerable.Repeat("/generator/weight", 4))), "");
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.InRange(line.Length, 1, 40));
        Assert.Equal(4, text.Split("/generator/weight").Length - 1);
    }

    [Fact]
    public void Write_LongWordsInTheLastColumn_StandBelowUnbroken()
    {
        var names = (string[])[.. Enumerable.Range(0, 2).Select(i => $"/model/encoder.transformer.{i}.weight")];
        var table = new TextTable("entry", "bytes", "used by").AlignRight(1).FoldAt(45).Add("model/data/0", "131072", string.Join(", ", names)).Add("model/version", "2", "");
        Assert.Equal(
            $"""
            entry           bytes
              used by
            model/data/0   131072
              {names[0]},
              {names[1]}
            model/version       2

            """, Write(table, ""));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(100)]
    public void Write_NoNarrowerFold_KeepsRowsWhole(int? columns) =>
        Assert.Equal($"{new string('x', 60)}  1\n", Write(new TextTable("", "").FoldAt(columns).Add(new string('x', 60), "1"), ""));

    private static string Write(TextTable table, string indent)
    {
        using var writer = new StringWriter();
        table.Write(writer, indent);
        return writer.ToString();
    }
}
