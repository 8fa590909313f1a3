namespace Galvani.Plots;

/// <summary>A number for each layer of a model, one line a series.</summary>
public static class LayerFigure
{
    /// <summary>Draws the series.</summary>
    /// <param name="series">Labelled values, one for each layer; at least one series.</param>
    /// <param name="layers">The layers' names.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">There is no series, or one has another number of values than there are layers.</exception>
    public static Figure Create(IReadOnlyList<LabelledVector> series, IReadOnlyList<string> layers, string title)
    {
        ArgumentNullException.ThrowIfNull(layers);
        Check.SameLength(series);
        if (series[0].Values.Length != layers.Count)
            throw new ArgumentException($"{series[0].Values.Length} values do not fit {layers.Count} layers.", nameof(layers));
        return new Figure(size => CreatePlot(series, layers, title, size));
    }

    private static ScottPlot.Plot CreatePlot(IReadOnlyList<LabelledVector> series, IReadOnlyList<string> layers, string title, FigureSize size)
    {
        var plot = PlotStyle.Create(title, "layer", "cosine", size);
        double[] positions = [.. Enumerable.Range(0, layers.Count).Select(index => (double)index)];
        var lines = new List<ScottPlot.IHasLegendText>();
        for (var i = 0; i < series.Count; i++)
        {
            var line = plot.Add.Scatter(positions, Array.ConvertAll(series[i].Values, value => (double)value), PlotStyle.ColorOf(i));
            line.LineWidth = 1.5f;
            line.MarkerSize = 6;
            line.LinePattern = PlotStyle.PatternOf(i);
            lines.Add(line);
        }

        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(positions, [.. layers]);
        plot.Axes.Margins(horizontal: 0.03, vertical: 0.06);
        PlotStyle.AddLegend(plot, lines, [.. series.Select(one => one.Label)], size);
        return plot;
    }
}
