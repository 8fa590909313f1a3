using ScottPlot;

namespace Galvani.Plots;

/// <summary>What all figures share: the font, a palette that the colour-blind can tell apart (Okabe and Ito), short labels.</summary>
internal static class PlotStyle
{
    private const int LabelLength = 40;
    private const float TitleSize = 16;
    private const float SmallestTitleSize = 11;
    private const float LegendSize = 12;

    private static readonly string[] Palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"];

    /// <summary>An empty plot with a title and axis labels.</summary>
    /// <param name="title">The title; made smaller, then cut in the middle, until it fits.</param>
    /// <param name="xLabel">What is along the bottom.</param>
    /// <param name="yLabel">What is along the left side.</param>
    /// <param name="width">The pixels that the plot is wide.</param>
    public static Plot Create(string title, string xLabel, string yLabel, int width)
    {
        EmbeddedFont.Register();
        var plot = new Plot();
        plot.Font.Set(EmbeddedFont.Name);
        var (text, size) = Fit(title, width);
        plot.Title(text, size);
        plot.XLabel(xLabel);
        plot.YLabel(yLabel);
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        return plot;
    }

    /// <summary>The color of the n-th series.</summary>
    public static Color ColorOf(int index) => Color.FromHex(Palette[index % Palette.Length]);

    /// <summary>A label short enough for a legend or an axis.</summary>
    public static string Short(string label, int length = LabelLength) => label.Length <= length ? label : label[..(length - 1)] + "…";

    /// <summary>A legend below the data, where it hides nothing: in one line if that fits.</summary>
    public static void AddLegend(Plot plot, IEnumerable<string> labels, int width)
    {
        const int SymbolWidth = 45, Frame = 30;
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.FontName = EmbeddedFont.Name;
        plot.Legend.FontSize = LegendSize;
        plot.Legend.Orientation = labels.Sum(label => EmbeddedFont.WidthOf(label, LegendSize) + SymbolWidth) + Frame <= width ? Orientation.Horizontal : Orientation.Vertical;
    }

    private static (string Text, float Size) Fit(string title, int width)
    {
        const int Margin = 70; // the title stands over the middle of the data, which is not the middle of the picture
        var room = width - Margin;
        var size = Math.Clamp(TitleSize * room / EmbeddedFont.WidthOf(title, TitleSize), SmallestTitleSize, TitleSize);
        var text = title;
        for (var kept = title.Length - 1; kept > 1 && EmbeddedFont.WidthOf(text, size) > room; kept--)
            text = title[..(kept / 2)] + "…" + title[^(kept - kept / 2)..];
        return (text, size);
    }

    /// <summary>The limits of an axis: the values and a margin on both sides, a share of their span.</summary>
    public static (double Low, double High) Limits(double[] values, double margin)
    {
        var (low, high) = (values.Min(), values.Max());
        var span = high > low ? high - low : 1;
        return (low - margin * span, high + margin * span);
    }

    /// <summary>A color bar with room for its label.</summary>
    public static ScottPlot.Panels.ColorBar AddColorBar(Plot plot, IHasColorAxis source, string label)
    {
        var bar = plot.Add.ColorBar(source);
        bar.Label = label;
        bar.LabelStyle.FontName = EmbeddedFont.Name;
        bar.LabelStyle.Bold = false;
        bar.LabelStyle.FontSize = 13;
        plot.Axes.Right.MinimumSize = 25;
        return bar;
    }
}
