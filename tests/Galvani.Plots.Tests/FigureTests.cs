using System.Buffers.Binary;
using System.Text;
using System.Xml.Linq;
using SkiaSharp;

namespace Galvani.Plots.Tests;

/// <summary>Every figure as PNG and SVG: size, content, readable labels without an installed font, clear errors.</summary>
public sealed class FigureTests
{
    private static readonly FigureSize Size = new(600, 400);

    public static TheoryData<string> Names => ["sentence", "heat map", "tensor", "similarity", "tokens", "projection"];

    [Theory]
    [MemberData(nameof(Names))]
    public void ToPng_EveryFigure_HasTheSizeAndSomethingDrawn(string name)
    {
        var png = Create(name, "Мама мыла раму").ToPng(Size);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.Equal(600, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
        Assert.Equal(400, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
        using var bitmap = SKBitmap.Decode(png);
        Assert.True(bitmap.Pixels.Distinct().Count() > 20, "the picture is nearly blank");
        Assert.True(bitmap.Pixels.Count(pixel => pixel != SKColors.White) > 3000, "the picture is nearly blank");
    }

    [Theory]
    [InlineData("sentence")]
    [InlineData("similarity")]
    [InlineData("projection")]
    public void ToPng_CyrillicLabel_IsDrawn(string name)
    {
        var with = Create(name, "Ж").ToPng(Size);
        var other = Create(name, "Щ").ToPng(Size);
        var again = Create(name, "Ж").ToPng(Size);
        Assert.Equal(with, again);
        Assert.NotEqual(with, other);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ToSvg_EveryFigure_IsWellFormedAndCarriesTheFont(string name)
    {
        var svg = XDocument.Parse(Encoding.UTF8.GetString(Create(name, "Мама ▁мыла").ToSvg(Size)));
        Assert.Equal("600", svg.Root!.Attribute("width")!.Value);
        Assert.Contains(svg.Descendants(), element => element.Name.LocalName == "style" && element.Value.Contains("DejaVu Sans", StringComparison.Ordinal));
        Assert.Contains(svg.Descendants(), element => element.Name.LocalName == "text");
        if (name is "sentence" or "similarity" or "projection")
            Assert.Contains(svg.Descendants(), element => element.Name.LocalName == "text" && element.Value.Replace(" ", "", StringComparison.Ordinal).Contains("Мама", StringComparison.Ordinal));
    }

    [Fact]
    public void EmbeddedFont_CyrillicAndPieceMark_HaveGlyphs()
    {
        using var typeface = new EmbeddedFont().CreateTypeface("anything", bold: false, italic: false)!;
        Assert.Equal("DejaVu Sans", typeface.FamilyName);
        Assert.DoesNotContain((ushort)0, typeface.GetGlyphs("Ёжик ▁мыла ￭"[..11]));
    }

    [Fact]
    public void Create_BadInput_IsRefusedInWords()
    {
        Assert.Throws<ArgumentException>(() => SentenceFigure.Create([], "t"));
        Assert.Throws<ArgumentException>(() => SentenceFigure.Create([new("a", [1, 2]), new("b", [1])], "t"));
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => SentenceFigure.Create([new("a", [1, float.NaN])], "t")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => HeatMapFigure.Create([1, 2, 3], columnCount: 2, "t", "x", "y"));
        Assert.Throws<ArgumentException>(() => HeatMapFigure.CreateSimilarity(["a"], new double[2, 2], "t"));
        Assert.Throws<ArgumentException>(() => ProjectionFigure.Create(new double[2, 2], ["a"], [0.5, 0.5], "t"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Create("sentence", "a").ToPng(new FigureSize(10, 10)));
        Assert.Throws<ArgumentException>(() => Create("sentence", "a").ToFile("x.gif", Size));
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(1, 8)]
    [InlineData(1, 1)]
    public void ToPng_HeatMapOfOneRowOrColumn_IsDrawn(int rowCount, int columnCount)
    {
        var values = Enumerable.Range(0, rowCount * columnCount).Select(i => (float)i).ToArray();
        using var bitmap = SKBitmap.Decode(HeatMapFigure.Create(values, columnCount, "title", "x", "y").ToPng(Size));
        var middle = Enumerable.Range(100, 200).Select(y => bitmap.GetPixel(200, y)).ToList();
        Assert.All(middle, pixel => Assert.NotEqual(SKColors.White, pixel));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ToPng_LongTitleAndLabels_TouchNoEdge(string name)
    {
        var label = string.Concat(Enumerable.Repeat("длинная подпись ", 10));
        using var bitmap = SKBitmap.Decode(Create(name, label, title: string.Concat(Enumerable.Repeat("encoder.transformer.", 8))).ToPng(Size));
        foreach (var x in (int[])[0, bitmap.Width - 1])
            Assert.All(Enumerable.Range(0, bitmap.Height), y => Assert.Equal(SKColors.White, bitmap.GetPixel(x, y)));
    }

    [Fact]
    public void Projection_NamesOfNeighbours_DoNotLieOnEachOther()
    {
        var random = new Random(2);
        var coordinates = new double[300, 2];
        for (var i = 0; i < 300; i++)
            (coordinates[i, 0], coordinates[i, 1]) = (random.NextDouble(), random.NextDouble());
        var svg = XDocument.Parse(Encoding.UTF8.GetString(ProjectionFigure.Create(coordinates, [.. Enumerable.Range(0, 300).Select(i => $"слово{i}")], [0.6, 0.3], "title").ToSvg(Size)));
        var names = svg.Descendants().Where(element => element.Name.LocalName == "text" && element.Value.Replace(" ", "", StringComparison.Ordinal).Contains("слово", StringComparison.Ordinal)).Count();
        Assert.InRange(names, 15, 100);
    }

    [Theory]
    [InlineData("1200x700", true)]
    [InlineData("400x300", true)]
    [InlineData("399x300", false)]
    [InlineData("10x700", false)]
    [InlineData("1200", false)]
    [InlineData("99999x700", false)]
    [InlineData("-1200x700", false)]
    public void TryParse_Sizes_AcceptsOnlySensibleOnes(string text, bool expected) => Assert.Equal(expected, FigureSize.TryParse(text, out _));

    private static Figure Create(string name, string label, string title = "title")
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 96).Select(_ => (float)random.NextDouble()).ToArray();
        return name switch
        {
            "sentence" => SentenceFigure.Create([new(label, values), new("second", [.. values.Select(value => -value)])], title),
            "heat map" => HeatMapFigure.Create(values, columnCount: 12, "title", "x", "y"),
            "tensor" => HeatMapFigure.CreateWithHistogram(values, columnCount: 12, title),
            "similarity" => HeatMapFigure.CreateSimilarity([label, "b"], new[,] { { 1.0, 0.3 }, { 0.3, 1.0 } }, title),
            "tokens" => TokenNormFigure.Create([.. values.Select(value => (double)value)], [.. values.Select((_, i) => $"t{i}")], title),
            _ => ProjectionFigure.Create(new[,] { { 0.0, 1.0 }, { 1.0, 0.0 }, { -1.0, -1.0 } }, [label, "b", "c"], [0.6, 0.3], title),
        };
    }
}
