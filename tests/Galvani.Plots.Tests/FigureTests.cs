using System.Buffers.Binary;
using System.Globalization;
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
        var texts = svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => (element.Attribute("transform")?.Value, element.Value)).ToList();
        Assert.NotEmpty(texts);
        Assert.Equal(texts.Count, texts.Distinct().Count()); // nothing is drawn twice
        if (name is "sentence" or "similarity" or "projection")
            Assert.Contains(svg.Descendants(), element => element.Name.LocalName == "text" && element.Value.Replace(" ", "", StringComparison.Ordinal).Contains("Мама", StringComparison.Ordinal));
    }

    [Fact]
    public void EmbeddedFont_CyrillicAndPieceMark_HaveGlyphs()
    {
        using var typeface = new EmbeddedFont().CreateTypeface("anything", bold: false, italic: false)!;
        Assert.Equal("DejaVu Sans", typeface.FamilyName);
        Assert.DoesNotContain((ushort)0, typeface.GetGlyphs("Ёжик ▁мыла│■"));
    }

    [Fact]
    public void Short_MarksThatTheFontLacks_AreReplaced() => Assert.Equal("▁дом│N ■ы", PlotStyle.Short("▁дом￨N ￭ы"));

    [Theory]
    [InlineData(1200, 700, 0.55f)]
    [InlineData(1200, 700, 12_000f)]
    [InlineData(1200, 700, 3e-7f)]
    [InlineData(2400, 1400, 0.55f)]
    [InlineData(500, 300, 1f)]
    public void ToSvg_ColorBar_LabelTouchesNoNumber(int width, int height, float largest)
    {
        var values = Enumerable.Range(0, 96).Select(i => largest * (i - 48) / 48).ToArray();
        var texts = Texts(HeatMapFigure.CreateWithHistogram(values, columnCount: 12, "title"), new FigureSize(width, height));
        var label = texts.Single(text => text.Content == "value" && text.IsUpright);
        var numbers = texts.Where(text => !text.IsUpright && text.Right > label.Left - 60 && text.Right < label.Right && double.TryParse(text.Content, CultureInfo.InvariantCulture, out _)).ToList();
        Assert.InRange(numbers.Count, 3, 30);
        Assert.All(numbers, number => Assert.True(number.Right + 2 < label.Left, $"{number.Content} ends at {number.Right}, the label begins at {label.Left}"));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(1, 7)]
    [InlineData(250, 2)]
    public void ToSvg_HeatMap_CellsAreSoManyPixelsThatAViewerCannotBlurThem(int rowCount, int columnCount)
    {
        const int Blurred = 2; // pixels at the border of two cells
        var values = Enumerable.Range(0, rowCount * columnCount).Select(i => (float)(i % 3)).ToArray();
        var svg = XDocument.Parse(Encoding.UTF8.GetString(HeatMapFigure.Create(values, columnCount, "title", "x", "y").ToSvg(Size)));
        var image = svg.Descendants().First(element => element.Name.LocalName == "image");
        Assert.True(Number(image.Attribute("height")!.Value) / rowCount >= Blurred, "rows blur");
        Assert.True(Number(image.Attribute("width")!.Value) / columnCount >= Blurred, "columns blur");
    }

    [Fact]
    public void ToSvg_SimilaritiesInSmallCells_AreLeftOutOrDoNotTouch()
    {
        const int Count = 7;
        var similarities = new double[Count, Count];
        string[] labels = [.. Enumerable.Range(0, Count).Select(i => new string('ж', 4 * i))];
        var figure = HeatMapFigure.CreateSimilarity(labels, similarities, "title");
        Assert.Equal(Count * Count, Cells(new FigureSize(1200, 700)).Count);
        Assert.Empty(Cells(new FigureSize(400, 300)));
        var cells = Cells(new FigureSize(700, 500));
        Assert.Equal(Count * Count, cells.Count);
        foreach (var row in cells.GroupBy(cell => cell.Top))
            Assert.All(row.OrderBy(cell => cell.Left).Zip(row.OrderBy(cell => cell.Left).Skip(1)), pair => Assert.True(pair.First.Right < pair.Second.Left));

        List<DrawnText> Cells(FigureSize size) => [.. Texts(figure, size).Where(text => text.Content == "0.00")];
    }

    [Fact]
    public void ToSvg_HeatMapOfFewRows_NumbersThemInWholeNumbersAlone()
    {
        var texts = Texts(HeatMapFigure.Create([0, 4, 8, 4, 0, 8], columnCount: 3, "title", "column", "row"), Size);
        Assert.Equal(["0", "1", "2"], Along(texts.Where(text => text.Top > 0.85 * Size.Height && text.Right < 0.8 * Size.Width)).Where(content => content != "column"));
        Assert.Equal(["0", "1"], Along(texts.Where(text => text is { IsUpright: false } && text.Right < 0.15 * Size.Width && text.Top < 0.85 * Size.Height)));

        static IEnumerable<string> Along(IEnumerable<DrawnText> texts) => texts.OrderBy(text => text.Left + text.Top).Select(text => text.Content);
    }

    [Theory]
    [InlineData(2.5f)]
    [InlineData(0f)]
    [InlineData(-3e-38f)]
    [InlineData(-3e38f)]
    public void ToSvg_TensorOfOneValue_ColorsAndBinsLieAboutIt(float value)
    {
        var size = FigureSize.Default;
        var numbers = Texts(HeatMapFigure.CreateWithHistogram([value, value, value, value], columnCount: 2, "title"), size).Where(text => IsNumber(text.Content)).ToList();
        var colors = numbers.Where(text => text.Left > 0.42 * size.Width && text.Right < 0.53 * size.Width && text.Top < 0.9 * size.Height).Select(text => Parse(text.Content)).ToList();
        Assert.True(colors.Count > 2 && colors.Min() <= value && colors.Max() >= value, string.Join(' ', colors));
        var bins = numbers.Where(text => text.Left > size.Width / 2 && text.Top > 0.9 * size.Height).Select(text => Parse(text.Content));
        Assert.All(bins, number => Assert.InRange(number, value - Math.Max(1, Math.Abs((double)value)), value + Math.Max(1, Math.Abs((double)value))));

        static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(1e30f)]
    [InlineData(3e38f)]
    [InlineData(1e-12f)]
    [InlineData(4e7f)]
    public void ToSvg_NumbersVeryLargeOrSmall_AreToldApartAlongEveryAxis(float largest)
    {
        var size = FigureSize.Default;
        var values = Enumerable.Range(0, 96).Select(i => largest * ((i - 48) / 48f)).ToArray();
        var histogram = Texts(HeatMapFigure.CreateWithHistogram(values, columnCount: 12, "title"), size);
        AssertToldApart(histogram.Where(text => text.Left > size.Width / 2 && text.Top > 0.935 * size.Height && text.Content != "value"));
        AssertToldApart(Texts(SentenceFigure.Create([new("a", values)], "title"), size).Where(IsBesideData));
        AssertToldApart(Texts(TokenNormFigure.Create([.. values.Select(value => Math.Abs((double)value))], null, "title"), size).Where(IsBesideData));

        bool IsBesideData(DrawnText text) => !text.IsUpright && text.Right < 0.1 * size.Width && text.Bottom < 0.8 * size.Height;

        void AssertToldApart(IEnumerable<DrawnText> texts)
        {
            var numbers = texts.Select(text => double.Parse(text.Content, CultureInfo.InvariantCulture)).ToList();
            Assert.InRange(numbers.Count, 2, 20);
            Assert.Equal(numbers.Count, numbers.Distinct().Count());
            Assert.All(numbers, number => Assert.InRange(Math.Abs(number), 0, 1.01 * largest));
            Assert.All(texts, text => Assert.InRange(text.Content.Length, 1, 12));
        }
    }

    [Fact]
    public void HeatMap_ValuesThatAreNotFinite_AreGrayAndTold()
    {
        float[] values = [1, 2, 3, 4, float.NaN, 6, 7, 8, float.NegativeInfinity];
        var figure = HeatMapFigure.Create(values, columnCount: 3, "title", "x", "y");
        Assert.Equal("2 of 9 values are not finite and gray (the first is NaN in row 1, column 1)", figure.Note);
        Assert.Contains(Texts(figure, Size), text => text.Content == "title (2 not finite: gray)");
        using var bitmap = SKBitmap.Decode(figure.ToPng(Size));
        var gray = 0;
        for (var y = 0; y < bitmap.Height; y++)
            gray += Enumerable.Range(0, bitmap.Width).Count(x => bitmap.GetPixel(x, y) == new SKColor(0xB0, 0xB0, 0xB0));
        Assert.InRange(gray / (double)(bitmap.Width * bitmap.Height), 0.08, 0.25); // two ninths of the data's area
        Assert.Null(HeatMapFigure.Create([1, 2], columnCount: 2, "title", "x", "y").Note);
    }

    [Fact]
    public void HeatMap_ValuesThatAreNotFinite_LeaveColorsAndCountsToTheOthers()
    {
        var size = FigureSize.Default;
        var texts = Texts(HeatMapFigure.CreateWithHistogram([float.PositiveInfinity, 5, 5, 5, 5, 9, 9, float.NaN], columnCount: 4, "title"), size);
        var numbers = texts.Where(text => text.Left > 0.42 * size.Width && text.Right < 0.51 * size.Width && text.Top < 0.9 * size.Height)
            .Where(text => double.TryParse(text.Content, CultureInfo.InvariantCulture, out _)).Select(text => double.Parse(text.Content, CultureInfo.InvariantCulture)).ToList();
        Assert.Contains(6, numbers);
        Assert.Contains(8, numbers);
        Assert.All(numbers, number => Assert.InRange(number, 5, 9));
        Assert.Contains("nothing to draw", Assert.Throws<ArgumentException>(() => HeatMapFigure.Create([float.NaN, float.NaN], columnCount: 2, "t", "x", "y")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TokenNorms_NormsThatAreNotFinite_AreLeftOutAndTold()
    {
        var figure = TokenNormFigure.Create([1, double.NaN, 3], ["a", "b", "c"], "title");
        Assert.Equal("1 of 3 rows left out, whose norm is not finite (the first is row 1: NaN)", figure.Note);
        var texts = Texts(figure, Size).Select(text => text.Content).ToList();
        Assert.Contains("c", texts);
        Assert.DoesNotContain("b", texts);
        Assert.Throws<ArgumentException>(() => TokenNormFigure.Create([double.NaN], null, "title"));
    }

    [Fact]
    public void Attention_WeightThatIsNotFinite_IsRefusedWithItsRowAndColumn() =>
        Assert.Contains("NaN in row 1, column 0", Assert.Throws<ArgumentException>(() => AttentionFigure.Create(["a", "b"], ["k", "l"], [1, 0, float.NaN, 1], "title")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(400, 300)]
    [InlineData(1200, 700)]
    public void ToSvg_SimilaritiesOfVeryMany_NameSoManyThatTheyDoNotTouch(int width, int height)
    {
        const int Count = 200;
        var texts = Texts(HeatMapFigure.CreateSimilarity([.. Enumerable.Range(1, Count).Select(i => $"name{i}")], new double[Count, Count], "title"), new FigureSize(width, height));
        var rows = texts.Where(text => text.Content.StartsWith("name", StringComparison.Ordinal)).OrderBy(text => text.Top).ToList();
        Assert.InRange(rows.Count, 10, height / 12);
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.True(pair.First.Bottom <= pair.Second.Top, $"{pair.First} lies on {pair.Second}"));
        var columns = texts.Where(text => text.Top > 0.9 * height && int.TryParse(text.Content, out _)).OrderBy(text => text.Left).ToList();
        Assert.InRange(columns.Count, 5, width / 20);
        Assert.All(columns.Zip(columns.Skip(1)), pair => Assert.True(pair.First.Right < pair.Second.Left, $"{pair.First} lies on {pair.Second}"));
    }

    [Fact]
    public void ToSvg_AttentionToLongPieces_NamesThemWithinThePicture()
    {
        string[] keys = [new('w', 40), new('w', 40), new('w', 40)];
        var texts = Texts(AttentionFigure.Create(["a", "b"], keys, new float[6], "title"), Size).Where(text => text.Content.StartsWith("ww", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, texts.Count);
        Assert.All(texts, text => Assert.InRange(text.Bottom, 0, Size.Height));
    }

    [Fact]
    public void ToSvg_AttentionToVeryManyPieces_NamesSome()
    {
        var texts = Texts(AttentionFigure.Create(["a"], [.. Enumerable.Range(0, 500).Select(i => $"key{i}")], new float[500], "title"), Size);
        Assert.InRange(texts.Count(text => text.Content.StartsWith("key", StringComparison.Ordinal)), 10, Size.Width / 15);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ToSvg_EveryText_LiesInThePicture(string name)
    {
        foreach (var size in (FigureSize[])[new(400, 300), Size, FigureSize.Default])
            Assert.All(Texts(Create(name, "Мама мыла раму"), size), text => Assert.True(text.Left >= 0 && text.Right <= size.Width && text.Top >= 0 && text.Bottom <= size.Height, $"{text} is not within {size}"));
    }

    [Fact]
    public void ToSvg_TokenNorms_LastNumberOfTheAxisIsWhole()
    {
        var norms = Enumerable.Range(0, 4858).Select(i => 1.0 + i % 7).ToArray();
        Assert.All(Texts(TokenNormFigure.Create(norms, null, "title"), FigureSize.Default), text => Assert.InRange(text.Right, 0, 1198));
    }

    [Fact]
    public void ToSvg_TitleAndAxisThatFitWhenSmaller_AreNotCut()
    {
        var texts = Texts(Create("projection", "a", title: "the principal directions of the means of the token vectors and positional rows"), Size);
        Assert.Contains(texts, text => text.Content == "principal direction 2 (30.0 % of the variance)");
        Assert.Contains(texts, text => text.Content == "the principal directions of the means of the token vectors and positional rows");
    }

    [Theory]
    [InlineData("principal direction 1 (60.0 % of the variance)")]
    [InlineData("direction 2 (30.0 % of the variance)")]
    public void ToSvg_ProjectionOfTheSmallestSize_NamesBothAxesWithTheirNumbers(string label) => Assert.Contains(Texts(Create("projection", "a"), new FigureSize(400, 300)), text => text.Content == label);

    [Fact]
    public void Projection_PointsCloseTogether_AreAllNamed()
    {
        var coordinates = new[,] { { -3.8, 1.8 }, { 3.0, 2.0 }, { 1.4, -0.45 }, { 1.0, -0.3 }, { -0.9, -1.0 }, { -0.1, -0.9 }, { -0.75, -1.2 } };
        var texts = Texts(ProjectionFigure.Create(coordinates, [.. Enumerable.Range(1, 7).Select(i => $"предложение {i}")], [0.6, 0.3], "title"), Size);
        Assert.Equal(7, texts.Count(text => text.Content.StartsWith("предложение", StringComparison.Ordinal)));
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
    [InlineData(3, 3)]
    [InlineData(24, 24)]
    [InlineData(80, 44)]
    public void ToSvg_LegendOfSentences_IsWholeAndTakesLessThanHalf(int count, int named)
    {
        var vectors = Enumerable.Range(0, count).Select(i => new LabelledVector($"предложение номер {i}, которое ничего не значит", [i, -i, 0])).ToList();
        var texts = Texts(SentenceFigure.Create(vectors, "title"), FigureSize.Default);
        var labels = texts.Where(text => text.Content.StartsWith("предложение", StringComparison.Ordinal)).ToList();
        Assert.Equal(named, labels.Select(label => label.Content).Distinct().Count());
        Assert.All(labels, label => Assert.InRange(label.Bottom, FigureSize.Default.Height / 2f, FigureSize.Default.Height - 5));
        Assert.Equal(count > named, texts.Exists(text => text.Content == $"… and {count - named} more"));
        Assert.All(labels.Zip(labels.Skip(1)), pair => Assert.True(pair.First.Top != pair.Second.Top || pair.First.Right < pair.Second.Left, $"{pair.First} touches {pair.Second}"));
        Assert.True(texts.Single(text => text.Content == "dimension").Top > 0.45 * FigureSize.Default.Height);
    }

    [Fact]
    public void PatternOf_ColorThatComesAgain_IsAnotherLine()
    {
        var lines = Enumerable.Range(0, 24).Select(i => (PlotStyle.ColorOf(i), PlotStyle.PatternOf(i))).ToList();
        Assert.Equal(lines.Count, lines.Distinct().Count());
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

    /// <summary>A text of an SVG picture and the box it fills, in pixels of the picture.</summary>
    private sealed record DrawnText(string Content, float Left, float Right, float Top, float Bottom, bool IsUpright);

    /// <summary>All texts that a figure draws.</summary>
    private static List<DrawnText> Texts(Figure figure, FigureSize size) => [.. XDocument.Parse(Encoding.UTF8.GetString(figure.ToSvg(size)))
        .Descendants().Where(element => element.Name.LocalName == "text").Select(Read)];

    private static DrawnText Read(XElement text)
    {
        var content = text.Value.Trim();
        var fontSize = Number(text.Attribute("font-size")!.Value);
        var (x, y) = (Number(text.Attribute("x")!.Value.Split(',')[0]), Number(text.Attribute("y")!.Value.Split(',')[0]));
        var (length, above, below) = (EmbeddedFont.WidthOf(content, fontSize), 0.75f * fontSize, 0.2f * fontSize);
        var transform = text.Attribute("transform")?.Value ?? "translate(0 0)";
        var numbers = transform[(transform.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(' ').Select(Number).ToArray();
        if (numbers.Length < 6)
        {
            (x, y) = (x + numbers[0], y + (numbers.Length > 1 ? numbers[1] : 0));
            return new DrawnText(content, x, x + length, y - above, y + below, IsUpright: false);
        }

        // matrix(a b c d e f): text goes along (a, b), its top is against (c, d)
        (float X, float Y)[] corners = [.. new[] { (x, y - above), (x + length, y - above), (x, y + below), (x + length, y + below) }
            .Select(corner => (numbers[0] * corner.Item1 + numbers[2] * corner.Item2 + numbers[4], numbers[1] * corner.Item1 + numbers[3] * corner.Item2 + numbers[5]))];
        return new DrawnText(content, corners.Min(corner => corner.X), corners.Max(corner => corner.X), corners.Min(corner => corner.Y), corners.Max(corner => corner.Y), IsUpright: true);
    }

    private static float Number(string text) => float.Parse(text.Trim(), CultureInfo.InvariantCulture);

    private static Figure Create(string name, string label, string title = "title")
    {
        float[] values = [.. Enumerable.Repeat(new Random(1), 96).Select(random => (float)random.NextDouble())];
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
