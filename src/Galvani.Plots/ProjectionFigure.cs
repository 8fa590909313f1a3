using System.Globalization;
using ScottPlot;

namespace Galvani.Plots;

/// <summary>Vectors projected onto two principal directions, as labelled points.</summary>
public static class ProjectionFigure
{
    private const int LabelLength = 30;
    private const int MaximumLabels = 100;

    /// <summary>One point a vector; as many labels as have room beside each other are drawn, the points farthest from the middle first.</summary>
    /// <param name="coordinates">[N, 2].</param>
    /// <param name="labels">N labels.</param>
    /// <param name="explainedVariance">The share of the variance along each of the two directions.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">The arrays do not fit.</exception>
    public static Figure Create(double[,] coordinates, IReadOnlyList<string> labels, IReadOnlyList<double> explainedVariance, string title)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(explainedVariance);
        var count = coordinates.GetLength(0);
        if (coordinates.GetLength(1) != 2 || labels.Count != count || count == 0 || explainedVariance.Count != 2)
            throw new ArgumentException($"{count} points of {coordinates.GetLength(1)} coordinates, {labels.Count} labels and {explainedVariance.Count} shares do not fit.", nameof(coordinates));
        return new Figure(size => Draw(coordinates, labels, explainedVariance, title, size));
    }

    private static Plot Draw(double[,] coordinates, IReadOnlyList<string> labels, IReadOnlyList<double> explainedVariance, string title, FigureSize size)
    {
        const double HorizontalMargin = 0.12, VerticalMargin = 0.1;
        const int Many = 500;
        var plot = PlotStyle.Create(title, Direction(1, explainedVariance[0], size.Width), Direction(2, explainedVariance[1], size.Height), size);
        var xs = Enumerable.Range(0, labels.Count).Select(i => coordinates[i, 0]).ToArray();
        var ys = Enumerable.Range(0, labels.Count).Select(i => coordinates[i, 1]).ToArray();
        var points = plot.Add.ScatterPoints(xs, ys);
        points.MarkerSize = labels.Count > Many ? 3 : 7;
        points.Color = PlotStyle.ColorOf(0).WithAlpha(labels.Count > Many ? 0.4 : 0.9);
        var (left, right) = PlotStyle.Limits(xs, HorizontalMargin);
        var (bottom, top) = PlotStyle.Limits(ys, VerticalMargin);
        PointLabels.Add(plot, size, new AxisLimits(left, right, bottom, top), Outermost(xs, ys).Take(MaximumLabels).Select(i => new NamedPoint(PlotStyle.Short(labels[i], LabelLength), xs[i], ys[i])), [.. xs.Zip(ys)]);
        return plot;
    }

    /// <summary>The name of an axis, in so many words as have room: its numbers are never left out.</summary>
    private static string Direction(int number, double share, int length)
    {
        var percent = string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
        return PlotStyle.FirstThatFits(length, $"principal direction {number} ({percent} of the variance)", $"direction {number} ({percent} of the variance)", $"direction {number} ({percent})");
    }

    /// <summary>The points from the farthest from the middle to the nearest.</summary>
    private static IEnumerable<int> Outermost(double[] xs, double[] ys)
    {
        var (middleX, middleY) = ((xs.Min() + xs.Max()) / 2, (ys.Min() + ys.Max()) / 2);
        return Enumerable.Range(0, xs.Length).OrderByDescending(i => Math.Pow(xs[i] - middleX, 2) + Math.Pow(ys[i] - middleY, 2)).ThenBy(i => i);
    }
}
