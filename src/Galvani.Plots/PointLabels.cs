using ScottPlot;

namespace Galvani.Plots;

/// <summary>A point of a plot with its name.</summary>
internal readonly record struct NamedPoint(string Label, double X, double Y);

/// <summary>
/// Names beside points: as many as have room. Each lies above its point and to the right, else to the left, else below, and none lies on another or outside;
/// none lies on a point either, unless it has no other place or there are too many points.
/// </summary>
internal static class PointLabels
{
    private const int FontSize = 12;
    private const int LineHeight = 16;
    private const int Gap = 4;
    private const int MarkerRadius = 4;
    private const int MostMarkers = 200;

    private static readonly Alignment[] Places = [Alignment.LowerLeft, Alignment.LowerRight, Alignment.UpperLeft, Alignment.UpperRight];

    // What axes, tick labels and titles take around the data, in pixels, rounded up.
    private const int Left = 70, Right = 30, Top = 50, Bottom = 60;

    /// <summary>Sets the limits of the axes, then adds the names, those that come first taking precedence.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="size">The size it is drawn in.</param>
    /// <param name="limits">The limits of the axes.</param>
    /// <param name="points">The points that should have names, the most wanted first.</param>
    /// <param name="all">The coordinates of all points that are drawn.</param>
    public static void Add(Plot plot, FigureSize size, AxisLimits limits, IEnumerable<NamedPoint> points, IReadOnlyList<(double X, double Y)> all)
    {
        plot.Axes.SetLimits(limits);
        var area = new PixelRect(0, size.Width - Left - Right, size.Height - Top - Bottom, 0);
        var markers = all.Count > MostMarkers ? [] : all.Select(point => Pixel(point.X, point.Y)).Select(pixel => Around(pixel, MarkerRadius)).ToList();
        var names = new List<PixelRect>();
        foreach (var point in points)
        {
            var length = EmbeddedFont.WidthOf(point.Label, FontSize);
            var free = Places.Select(place => (Place: place, Box: Box(Pixel(point.X, point.Y), length, place)))
                .Where(candidate => Contains(area, candidate.Box) && !names.Exists(name => Overlap(candidate.Box, name))).ToList();
            if (free.Count == 0)
                continue;
            var (best, box) = free.MinBy(candidate => markers.Count(marker => Overlap(candidate.Box, marker)));
            names.Add(box);
            Add(plot, point, best);
        }

        Pixel Pixel(double x, double y) =>
            new((float)((x - limits.Left) / limits.HorizontalSpan * area.Width), (float)((limits.Top - y) / limits.VerticalSpan * area.Height));
    }

    /// <summary>Where a name lies; an alignment names the name's corner that is next to its point.</summary>
    private static PixelRect Box(Pixel point, float length, Alignment place)
    {
        var left = IsLeftOf(place) ? point.X - Gap - length : point.X + Gap;
        var top = IsBelow(place) ? point.Y : point.Y - LineHeight;
        return new PixelRect(left, left + length, top + LineHeight, top);
    }

    private static PixelRect Around(Pixel point, float radius) => new(point.X - radius, point.X + radius, point.Y + radius, point.Y - radius);

    private static bool IsLeftOf(Alignment place) => place is Alignment.LowerRight or Alignment.UpperRight;

    private static bool IsBelow(Alignment place) => place is Alignment.UpperLeft or Alignment.UpperRight;

    private static bool Contains(PixelRect area, PixelRect box) => box.Left >= area.Left && box.Right <= area.Right && box.Top >= area.Top && box.Bottom <= area.Bottom;

    private static bool Overlap(PixelRect a, PixelRect b) => a.Left < b.Right && b.Left < a.Right && a.Top < b.Bottom && b.Top < a.Bottom;

    private static void Add(Plot plot, NamedPoint point, Alignment place)
    {
        var text = plot.Add.Text(point.Label, point.X, point.Y);
        text.LabelFontName = EmbeddedFont.Name;
        text.LabelFontSize = FontSize;
        text.LabelAlignment = place;
        text.OffsetX = IsLeftOf(place) ? -Gap : Gap;
        text.OffsetY = IsBelow(place) ? 2 : -2;
        text.LabelFontColor = Colors.Black;
    }
}
