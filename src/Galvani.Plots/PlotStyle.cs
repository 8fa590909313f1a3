using ScottPlot;

namespace Galvani.Plots;

/// <summary>What all figures share: the font, a palette that the colour-blind can tell apart (Okabe and Ito), short labels.</summary>
internal static class PlotStyle
{
    private const int LabelLength = 40;

    private static readonly string[] Palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"];

    /// <summary>An empty plot with a title and axis labels.</summary>
    public static Plot Create(string title, string xLabel, string yLabel)
    {
        EmbeddedFont.Register();
        var plot = new Plot();
        plot.Font.Set(EmbeddedFont.Name);
        plot.Title(title, size: 16);
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

    /// <summary>A legend above the data, where it hides nothing.</summary>
    public static void AddLegend(Plot plot, int count)
    {
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.FontName = EmbeddedFont.Name;
        plot.Legend.Orientation = count <= 3 ? Orientation.Horizontal : Orientation.Vertical;
    }

    /// <summary>A color bar with room for its label.</summary>
    public static void AddColorBar(Plot plot, IHasColorAxis source, string label)
    {
        var bar = plot.Add.ColorBar(source);
        bar.Label = label;
        bar.LabelStyle.FontName = EmbeddedFont.Name;
        bar.LabelStyle.Bold = false;
        bar.LabelStyle.FontSize = 13;
        plot.Axes.Right.MinimumSize = 25;
    }
}
