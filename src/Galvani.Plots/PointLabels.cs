using ScottPlot;

namespace Galvani.Plots;

/// <summary>A point of a plot with its name.</summary>
internal readonly record struct NamedPoint(string Label, double X, double Y);

/// <summary>
/// Names beside points: as many as have room. Each lies to the right of its point, to the left where the picture ends, and none lies on another or outside.
/// </summary>
internal static class PointLabels
{
    private const int FontSize = 12;
    private const int LineHeight = 16;
    private const int Gap = 4;

    // What axes, tick labels and titles take around the data, in pixels, rounded up.
    private const int Left = 70, Right = 20, Top = 50, Bottom = 60;

    /// <summary>Sets the limits of the axes, then adds the names, those that come first taking precedence.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="size">The size it is drawn in.</param>
    /// <param name="limits">The limits of the axes.</param>
    /// <param name="points">The points that should have names, the most wanted first.</param>
    public static void Add(Plot plot, FigureSize size, AxisLimits limits, IEnumerable<NamedPoint> points)
    {
        plot.Axes.SetLimits(limits);
        var (width, height) = (size.Width - Left - Right, size.Height - Top - Bottom);
        var taken = new List<PixelRect>();
        foreach (var point in points)
        {
            var x = (point.X - limits.Left) / limits.HorizontalSpan * width;
            var y = (limits.Top - point.Y) / limits.VerticalSpan * height;
            var length = EmbeddedFont.WidthOf(point.Label, FontSize);
            var isLeft = x + Gap + length > width;
            var start = (float)(isLeft ? x - Gap - length : x + Gap);
            var rectangle = new PixelRect(start, start + length, (float)y, (float)y - LineHeight);
            if (start < 0 || y < LineHeight || taken.Exists(other => Overlap(rectangle, other)))
                continue;
            taken.Add(rectangle);
            Add(plot, point, isLeft);
        }
    }

    private static bool Overlap(PixelRect a, PixelRect b) => a.Left < b.Right && b.Left < a.Right && a.Top < b.Bottom && b.Top < a.Bottom;

    private static void Add(Plot plot, NamedPoint point, bool isLeft)
    {
        var text = plot.Add.Text(point.Label, point.X, point.Y);
        text.LabelFontName = EmbeddedFont.Name;
        text.LabelFontSize = FontSize;
        text.LabelAlignment = isLeft ? Alignment.LowerRight : Alignment.LowerLeft;
        text.OffsetX = isLeft ? -Gap : Gap;
        text.OffsetY = -2;
        text.LabelFontColor = Colors.Black;
    }
}
