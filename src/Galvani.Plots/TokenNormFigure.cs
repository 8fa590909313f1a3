using ScottPlot;

namespace Galvani.Plots;

/// <summary>The norm of each row of an embedding over its id; the extreme rows are named.</summary>
public static class TokenNormFigure
{
    private const int NamedExtremes = 6;

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
        var plot = PlotStyle.Create(title, "token id", "norm of the row");
        var points = plot.Add.ScatterPoints([.. Enumerable.Range(0, norms.Length).Select(id => (double)id)], norms);
        points.MarkerSize = 3;
        points.Color = PlotStyle.ColorOf(0).WithAlpha(0.6);
        if (tokens is not null)
        {
            foreach (var id in WithRoom(Extremes(norms).Where(id => id < tokens.Count), norms))
                PointLabels.Add(plot, PlotStyle.Short(tokens[id], 20), id, norms[id], isLeft: id > norms.Length * 0.85);
        }

        plot.Axes.Margins(horizontal: 0.03, vertical: 0.1);
        return new Figure(plot);
    }

    /// <summary>Points whose labels do not lie on each other.</summary>
    private static List<int> WithRoom(IEnumerable<int> ids, double[] norms)
    {
        const double LabelWidth = 0.1, LabelHeight = 0.03;
        var height = Math.Max(norms.Max() - norms.Min(), double.Epsilon);
        var chosen = new List<int>();
        foreach (var id in ids)
        {
            if (!chosen.Exists(other => Math.Abs(other - id) < LabelWidth * norms.Length && Math.Abs(norms[other] - norms[id]) < LabelHeight * height))
                chosen.Add(id);
        }

        return chosen;
    }

    private static List<int> Extremes(double[] norms)
    {
        var order = Enumerable.Range(0, norms.Length).OrderBy(id => norms[id]).ThenBy(id => id).ToList();
        return order.Count <= 2 * NamedExtremes ? order : [.. order.Take(NamedExtremes), .. order.Skip(order.Count - NamedExtremes)];
    }
}
