using System.Globalization;
using ScottPlot;

namespace Galvani.Plots;

/// <summary>The norm of each row of an embedding over its id; the extreme rows are named.</summary>
public static class TokenNormFigure
{
    private const int NamedExtremes = 6;
    private const int LabelLength = 20;

    /// <summary>One point a row; a row whose norm is not finite has none, see <see cref="Figure.Note"/>.</summary>
    /// <param name="norms">The norm of each row.</param>
    /// <param name="tokens">The token of each row, or null.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">There is no row, or no norm is finite.</exception>
    public static Figure Create(double[] norms, IReadOnlyList<string>? tokens, string title)
    {
        ArgumentNullException.ThrowIfNull(norms);
        if (norms.Length == 0)
            throw new ArgumentException("A figure needs one row at least.", nameof(norms));
        int[] ids = [.. Enumerable.Range(0, norms.Length).Where(id => double.IsFinite(norms[id]))];
        if (ids.Length == 0)
            throw new ArgumentException("The norm of no row is finite, there is nothing to draw.", nameof(norms));
        return new Figure(size => Draw(norms, ids, tokens, title, size)) { Note = Note(norms, norms.Length - ids.Length) };
    }

    private static string? Note(double[] norms, int leftOutCount)
    {
        if (leftOutCount == 0)
            return null;
        var first = Array.FindIndex(norms, norm => !double.IsFinite(norm));
        return string.Create(CultureInfo.InvariantCulture, $"{leftOutCount} of {norms.Length} rows left out, whose norm is not finite (the first is row {first}: {norms[first]})");
    }

    private static Plot Draw(double[] norms, int[] drawn, IReadOnlyList<string>? tokens, string title, FigureSize size)
    {
        const double HorizontalMargin = 0.03, VerticalMargin = 0.1;
        var plot = PlotStyle.Create(title, "token id", "norm of the row", size);
        double[] ids = Array.ConvertAll(drawn, id => (double)id);
        double[] heights = Array.ConvertAll(drawn, id => norms[id]);
        var points = plot.Add.ScatterPoints(ids, heights);
        points.MarkerSize = 3;
        points.Color = PlotStyle.ColorOf(0).WithAlpha(0.6);
        var (left, right) = PlotStyle.Limits(ids, HorizontalMargin);
        var (bottom, top) = PlotStyle.Limits(heights, VerticalMargin);
        PlotStyle.SetNumbers(plot.Axes.Left, new ScottPlot.Range(heights.Min(), heights.Max()), size.Height);
        var named = tokens is null ? [] : Extremes(norms, drawn).Where(id => id < tokens.Count).Select(id => new NamedPoint(PlotStyle.Short(tokens[id], LabelLength), id, norms[id]));
        PointLabels.Add(plot, size, new AxisLimits(left, right, bottom, top), named, [.. ids.Zip(heights)]);
        return plot;
    }

    private static List<int> Extremes(double[] norms, int[] drawn)
    {
        var order = drawn.OrderBy(id => norms[id]).ThenBy(id => id).ToList();
        return order.Count <= 2 * NamedExtremes ? order : [.. order.Take(NamedExtremes), .. order.Skip(order.Count - NamedExtremes)];
    }
}
