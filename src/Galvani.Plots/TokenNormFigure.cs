using ScottPlot;

namespace Galvani.Plots;

/// <summary>The norm of each row of an embedding over its id; the extreme rows are named.</summary>
public static class TokenNormFigure
{
    private const int NamedExtremes = 6;
    private const int LabelLength = 20;

    /// <summary>One point a row.</summary>
    /// <param name="norms">The norm of each row.</param>
    /// <param name="tokens">The token of each row, or null.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public static Figure Create(double[] norms, IReadOnlyList<string>? tokens, string title)
    {
        ArgumentNullException.ThrowIfNull(norms);
        if (norms.Length == 0)
            throw new ArgumentException("A figure needs one row at least.", nameof(norms));
        return new Figure(size => Draw(norms, tokens, title, size));
    }

    private static Plot Draw(double[] norms, IReadOnlyList<string>? tokens, string title, FigureSize size)
    {
        const double HorizontalMargin = 0.03, VerticalMargin = 0.1;
        var plot = PlotStyle.Create(title, "token id", "norm of the row", size);
        double[] ids = [.. Enumerable.Range(0, norms.Length).Select(id => (double)id)];
        var points = plot.Add.ScatterPoints(ids, norms);
        points.MarkerSize = 3;
        points.Color = PlotStyle.ColorOf(0).WithAlpha(0.6);
        var (left, right) = PlotStyle.Limits(ids, HorizontalMargin);
        var (bottom, top) = PlotStyle.Limits(norms, VerticalMargin);
        var named = tokens is null ? [] : Extremes(norms).Where(id => id < tokens.Count).Select(id => new NamedPoint(PlotStyle.Short(tokens[id], LabelLength), id, norms[id]));
        PointLabels.Add(plot, size, new AxisLimits(left, right, bottom, top), named, [.. ids.Zip(norms)]);
        return plot;
    }

    private static List<int> Extremes(double[] norms)
    {
        var order = Enumerable.Range(0, norms.Length).OrderBy(id => norms[id]).ThenBy(id => id).ToList();
        return order.Count <= 2 * NamedExtremes ? order : [.. order.Take(NamedExtremes), .. order.Skip(order.Count - NamedExtremes)];
    }
}
