using ScottPlot;

namespace Galvani.Plots;

/// <summary>A named vector.</summary>
/// <param name="Label">What it belongs to: a sentence, a position.</param>
/// <param name="Values">Its components.</param>
public sealed record LabelledVector(string Label, float[] Values);

/// <summary>Components of vectors over the dimension index: sentences, or chosen rows of a positional table.</summary>
public static class SentenceFigure
{
    /// <summary>One line a vector.</summary>
    /// <param name="vectors">Vectors of one length, at least one.</param>
    /// <param name="title">The title.</param>
    /// <param name="firstDimension">The index of the first component.</param>
    /// <exception cref="ArgumentException">There is no vector, or lengths differ.</exception>
    public static Figure Create(IReadOnlyList<LabelledVector> vectors, string title, int firstDimension = 0)
    {
        Check.SameLength(vectors);
        return new Figure(size => Draw(vectors, title, firstDimension, size));
    }

    private static Plot Draw(IReadOnlyList<LabelledVector> vectors, string title, int firstDimension, FigureSize size)
    {
        var plot = PlotStyle.Create(title, "dimension", "component", size);
        var lines = new List<IHasLegendText>();
        for (var i = 0; i < vectors.Count; i++)
        {
            var signal = plot.Add.Signal(Array.ConvertAll(vectors[i].Values, value => (double)value), color: PlotStyle.ColorOf(i));
            signal.Data.XOffset = firstDimension;
            signal.LineWidth = 1.5f;
            signal.MarkerSize = 0;
            signal.LinePattern = PlotStyle.PatternOf(i);
            lines.Add(signal);
        }

        plot.Axes.Margins(horizontal: 0.01, vertical: 0.06);
        var range = new ScottPlot.Range(vectors.Min(vector => vector.Values.Min()), vectors.Max(vector => vector.Values.Max()));
        PlotStyle.SetNumbers(plot.Axes.Left, range, size.Height / 2); // a legend may take nearly half
        PlotStyle.AddLegend(plot, lines, [.. vectors.Select(vector => vector.Label)], size);
        return plot;
    }
}
