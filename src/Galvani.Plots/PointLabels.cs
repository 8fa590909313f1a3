using ScottPlot;

namespace Galvani.Plots;

/// <summary>Names beside points.</summary>
internal static class PointLabels
{
    public static void Add(Plot plot, string label, double x, double y, bool isLeft = false)
    {
        var text = plot.Add.Text(label, x, y);
        text.LabelFontName = EmbeddedFont.Name;
        text.LabelFontSize = 12;
        text.LabelAlignment = isLeft ? Alignment.LowerRight : Alignment.LowerLeft;
        text.OffsetX = isLeft ? -4 : 4;
        text.OffsetY = -2;
        text.LabelFontColor = Colors.Black;
    }
}
