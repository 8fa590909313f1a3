using ScottPlot;
using ScottPlot.Colormaps;

namespace Galvani.Plots;

/// <summary>Attention as a heat map: a row for each query piece, a column for each key piece.</summary>
public static class AttentionFigure
{
    private const int LabelLength = 16;
    private const int LabelSize = 12;
    private const int LabelGap = 4;
    private const double SlantedRoom = 22; // along the axis, of a label that is turned by 45 degrees
    private const double SinOf45 = 0.7071;
    private const double SmallestBottom = 90;

    /// <summary>Draws the weights.</summary>
    /// <param name="queries">The pieces that look, T labels, from the top.</param>
    /// <param name="keys">The pieces that are looked at, S labels, from the left.</param>
    /// <param name="weights">[T, S], row-major, from 0 to 1.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">The weights do not fit the labels, there are none, or they are not finite.</exception>
    public static Figure Create(IReadOnlyList<string> queries, IReadOnlyList<string> keys, float[] weights, string title)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Length == 0 || weights.Length != (long)queries.Count * keys.Count)
            throw new ArgumentException($"{weights.Length} weights are not those of {queries.Count} x {keys.Count} pieces.", nameof(weights));
        Check.Finite(weights, keys.Count, "The attention");
        return new Figure(size => CreatePlot(queries, keys, weights, title, size));
    }

    private static Plot CreatePlot(IReadOnlyList<string> queries, IReadOnlyList<string> keys, float[] weights, string title, FigureSize size)
    {
        var plot = PlotStyle.Create(title, "", "", size);
        var map = plot.Add.Heatmap(HeatMapCells.Create(queries.Count, keys.Count, (query, key) => weights[query * keys.Count + key]));
        map.Colormap = new Viridis();
        map.Rectangle = new CoordinateRect(-0.5, keys.Count - 0.5, -0.5, queries.Count - 0.5);
        map.ManualRange = new ScottPlot.Range(0, 1);
        string[] keyLabels = [.. keys.Select(key => PlotStyle.Short(key, LabelLength))];
        PlotStyle.SetLabels(plot.Axes.Bottom, keyLabels, index => index, size.Width, SlantedRoom);
        plot.Axes.Bottom.TickLabelStyle.Rotation = -45;
        plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
        plot.Axes.Bottom.TickLabelStyle.OffsetY = 8; // clear of the frame
        plot.Axes.Bottom.MinimumSize = (float)Math.Max(SmallestBottom, keyLabels.Max(label => EmbeddedFont.WidthOf(label, LabelSize)) * SinOf45 + SlantedRoom);
        PlotStyle.SetLabels(plot.Axes.Left, [.. queries.Select(query => PlotStyle.Short(query, LabelLength))], index => queries.Count - 1 - index, size.Height, LabelSize + LabelGap);
        PlotStyle.AddColorBar(plot, map, "weight", size);
        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, keys.Count - 0.5, -0.5, queries.Count - 0.5);
        return plot;
    }
}
