using System.Text;
using System.Xml.Linq;

namespace Galvani.Plots.Tests;

/// <summary>The figures of the forward pass: attention, and a number for each layer.</summary>
public sealed class ForwardFigureTests
{
    private static readonly FigureSize Size = new(600, 400);

    [Fact]
    public void ToSvg_Attention_NamesQueriesAndKeys()
    {
        var texts = Texts(AttentionFigure.Create(["<s>", "▁Open"], ["▁Открыть", "▁файл", "а_очень_длинный_кусок"], [0.1f, 0.2f, 0.7f, 0.9f, 0.1f, 0], "title"));
        Assert.Contains("▁Open", texts);
        Assert.Contains("▁файл", texts);
        Assert.Contains("title", texts);
        Assert.DoesNotContain("а_очень_длинный_кусок", texts); // shortened
    }

    [Fact]
    public void ToPng_Attention_ShowsWhereWeightLies()
    {
        var left = AttentionFigure.Create(["a"], ["b", "c"], [1, 0], "t").ToPng(Size);
        Assert.NotEqual(left, AttentionFigure.Create(["a"], ["b", "c"], [0, 1], "t").ToPng(Size));
        Assert.Equal(left, AttentionFigure.Create(["a"], ["b", "c"], [1, 0], "t").ToPng(Size));
    }

    [Fact]
    public void ToSvg_Layers_NamesLayersAndSeries()
    {
        var texts = Texts(LayerFigure.Create([new("Закрыть файл", [0.8f, 0.9f, 1]), new("Привет", [0, 0.1f, -0.2f])], ["static", "0", "last"], "title"));
        Assert.Superset(new HashSet<string> { "static", "last" }, texts.ToHashSet());
        Assert.Contains(texts, text => text.Contains("Привет", StringComparison.Ordinal));
    }

    [Fact]
    public void Create_WhatDoesNotFit_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => AttentionFigure.Create(["a"], ["b"], [1, 0], "t"));
        Assert.Throws<ArgumentException>(() => AttentionFigure.Create([], [], [], "t"));
        Assert.Throws<ArgumentException>(() => AttentionFigure.Create(["a"], ["b"], [float.NaN], "t"));
        Assert.Throws<ArgumentException>(() => LayerFigure.Create([new("a", [1, 2])], ["0"], "t"));
        Assert.Throws<ArgumentException>(() => LayerFigure.Create([], [], "t"));
    }

    private static List<string> Texts(Figure figure) => [.. XDocument.Parse(Encoding.UTF8.GetString(figure.ToSvg(Size)))
        .Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim())];
}
