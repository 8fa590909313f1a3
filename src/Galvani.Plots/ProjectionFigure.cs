using System.Globalization;
using ScottPlot;

namespace Galvani.Plots;

/// <summary>Vectors projected onto two principal directions, as labelled points.</summary>
public static class ProjectionFigure
{
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
        var plot = PlotStyle.Create(title, Direction(1, explainedVariance[0]), Direction(2, explainedVariance[1]));
        var xs = Enumerable.Range(0, count).Select(i => coordinates[i, 0]).ToArray();
        var ys = Enumerable.Range(0, count).Select(i => coordinates[i, 1]).ToArray();
        var points = plot.Add.ScatterPoints(xs, ys);
        points.MarkerSize = count > 500 ? 3 : 7;
        points.Color = PlotStyle.ColorOf(0).WithAlpha(count > 500 ? 0.4 : 0.9);
        foreach (var index in WithRoom(xs, ys))
            PointLabels.Add(plot, PlotStyle.Short(labels[index], 30), xs[index], ys[index]);
        plot.Axes.Margins(horizontal: 0.12, vertical: 0.1);
        return new Figure(plot);
    }

    private static string Direction(int number, double share) =>
        string.Create(CultureInfo.InvariantCulture, $"principal direction {number} ({100 * share:0.0} % of the variance)");

    /// <summary>Points whose labels do not run into each other: a grid of label-sized cells, each taken once.</summary>
    private static List<int> WithRoom(double[] xs, double[] ys)
    {
        const int Columns = 9, Rows = 28;
        var (left, right, bottom, top) = (xs.Min(), xs.Max(), ys.Min(), ys.Max());
        var (middleX, middleY) = ((left + right) / 2, (bottom + top) / 2);
        var taken = new HashSet<(int, int)>();
        var chosen = new List<int>();
        foreach (var index in Enumerable.Range(0, xs.Length).OrderByDescending(i => Math.Pow(xs[i] - middleX, 2) + Math.Pow(ys[i] - middleY, 2)).ThenBy(i => i))
        {
            var cell = (Cell(xs[index], left, right, Columns), Cell(ys[index], bottom, top, Rows));
            if (taken.Contains(cell) || taken.Contains((cell.Item1 + 1, cell.Item2)) || taken.Contains((cell.Item1 - 1, cell.Item2)))
                continue;
            taken.Add(cell);
            chosen.Add(index);
        }

        return chosen;

        static int Cell(double value, double low, double high, int count) => high > low ? (int)((value - low) / (high - low) * count) : 0;
    }
}
