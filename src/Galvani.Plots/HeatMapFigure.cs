using System.Globalization;
using ScottPlot;
using ScottPlot.Colormaps;

namespace Galvani.Plots;

/// <summary>A matrix as colors: a positional table, a tensor with its histogram, similarities of sentences.</summary>
public static class HeatMapFigure
{
    private const int MaximumCells = 1000;
    private const int HistogramBins = 60;
    private const int RowLabelLength = 30;
    private const int RowLabelSize = 12;
    private const int LabelGap = 4;
    private const int Beside = 150; // the data: the color bar and its label
    private const int Above = 80; // and below the data: title and numbers
    private const int SmallestCellSize = 9;
    private const int LargestCellSize = 14;

    private static readonly Color NonFiniteColor = Color.Gray(0xB0); // no color of the map's

    /// <summary>A matrix as a heat map; a large one is thinned out to at most 1000 x 1000 cells, which the title says. Values that are not finite are gray, see <see cref="Figure.Note"/>.</summary>
    /// <param name="values">[rows, columns], row-major.</param>
    /// <param name="columnCount">The number of columns.</param>
    /// <param name="title">The title.</param>
    /// <param name="xLabel">What columns are.</param>
    /// <param name="yLabel">What rows are.</param>
    /// <exception cref="ArgumentException">The matrix is empty, the length is no multiple of the columns, or no value is finite.</exception>
    public static Figure Create(float[] values, int columnCount, string title, string xLabel, string yLabel)
    {
        var matrix = new MatrixValues(values, columnCount);
        return new Figure(size => CreatePlot(matrix, title, xLabel, yLabel, size)) { Note = matrix.Note };
    }

    /// <summary>A matrix as a heat map, and the distribution of its values beside it. Values that are not finite are gray and not counted, see <see cref="Figure.Note"/>.</summary>
    /// <param name="values">[rows, columns], row-major; a vector has one row.</param>
    /// <param name="columnCount">The number of columns.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">The matrix is empty, the length is no multiple of the columns, or no value is finite.</exception>
    public static Figure CreateWithHistogram(float[] values, int columnCount, string title)
    {
        var matrix = new MatrixValues(values, columnCount);
        return new Figure(size =>
        {
            var half = size with { Width = size.Width / 2 };
            var plots = new Multiplot(CreatePlot(matrix, title, "column", "row", half));
            plots.Subplots.Add(CreateHistogram(matrix, half));
            plots.Layout = new ScottPlot.MultiplotLayouts.Columns();
            return plots;
        })
        { Note = matrix.Note };
    }

    /// <summary>Similarities of labelled things, each cell with its number.</summary>
    /// <param name="labels">N labels.</param>
    /// <param name="similarities">[N, N], from -1 to 1.</param>
    /// <param name="title">The title.</param>
    /// <exception cref="ArgumentException">The matrix does not fit the labels, or there are none.</exception>
    public static Figure CreateSimilarity(IReadOnlyList<string> labels, double[,] similarities, string title)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(similarities);
        var count = labels.Count;
        if (count == 0 || similarities.GetLength(0) != count || similarities.GetLength(1) != count)
            throw new ArgumentException($"{count} labels do not fit a matrix of {similarities.GetLength(0)} x {similarities.GetLength(1)}.", nameof(similarities));
        return new Figure(size => CreateSimilarityPlot(labels, similarities, title, size));
    }

    private static Plot CreateSimilarityPlot(IReadOnlyList<string> labels, double[,] similarities, string title, FigureSize size)
    {
        var count = labels.Count;
        string[] rowLabels = [.. labels.Select((label, i) => string.Create(CultureInfo.InvariantCulture, $"{PlotStyle.Short(label, RowLabelLength)}  {i + 1}"))];
        var data = size with { Width = size.Width - (int)rowLabels.Max(label => EmbeddedFont.WidthOf(label, RowLabelSize)) };
        var plot = PlotStyle.Create(title, "", "", data);
        var map = plot.Add.Heatmap(HeatMapCells.Create(count, count, (row, column) => similarities[row, column]));
        map.Colormap = new Viridis();
        map.Rectangle = new CoordinateRect(-0.5, count - 0.5, -0.5, count - 0.5);
        map.ManualRange = new ScottPlot.Range(Math.Min(0, similarities.Cast<double>().Min()), 1);
        AddCellTexts(plot, similarities, map.ManualRange.Value, data);
        string[] columnLabels = [.. Enumerable.Range(1, count).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        PlotStyle.SetLabels(plot.Axes.Bottom, columnLabels, index => index, data.Width - Beside, EmbeddedFont.WidthOf(columnLabels[^1], RowLabelSize) + LabelGap);
        PlotStyle.SetLabels(plot.Axes.Left, rowLabels, index => count - 1 - index, data.Height - Above, RowLabelSize + LabelGap);
        PlotStyle.AddColorBar(plot, map, "cosine", size);
        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, count - 0.5, -0.5, count - 0.5);
        return plot;
    }

    private static Plot CreatePlot(MatrixValues matrix, string title, string xLabel, string yLabel, FigureSize size)
    {
        var (cells, isThinned) = Thin(matrix);
        var plot = PlotStyle.Create(title + Remark(matrix, isThinned), xLabel, yLabel, size);
        var map = plot.Add.Heatmap(cells);
        map.Colormap = new Viridis();
        map.NaNCellColor = NonFiniteColor;
        map.Rectangle = new CoordinateRect(-0.5, matrix.ColumnCount - 0.5, -0.5, matrix.RowCount - 0.5);
        if (matrix.Lowest == matrix.Highest || matrix.NonFiniteCount > 0) // thinned out cells may all be gray
            map.ManualRange = RangeOf(matrix);
        map.FlipVertically = false;
        plot.Axes.InvertY();
        PlotStyle.AddColorBar(plot, map, "value", size);
        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, matrix.ColumnCount - 0.5, matrix.RowCount - 0.5, -0.5);
        plot.Axes.Left.TickGenerator = IntegerTicks();
        plot.Axes.Bottom.TickGenerator = IntegerTicks();
        return plot;
    }

    private static string Remark(MatrixValues matrix, bool isThinned)
    {
        var gray = matrix.NonFiniteCount == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{matrix.NonFiniteCount} not finite: gray");
        return (isThinned, gray) switch
        {
            (false, null) => "",
            (true, null) => " (thinned out)",
            (false, _) => $" ({gray})",
            (true, _) => $" (thinned out; {gray})",
        };
    }

    /// <summary>The cells that are drawn; all that are not finite are NaN, for which the drawing library has a color.</summary>
    private static (double[,] Cells, bool IsThinned) Thin(MatrixValues matrix)
    {
        var (rowCount, columnCount) = (matrix.RowCount, matrix.ColumnCount);
        var (rows, columns) = (Math.Min(rowCount, MaximumCells), Math.Min(columnCount, MaximumCells));
        var cells = HeatMapCells.Create(rows, columns, (row, column) =>
        {
            var value = matrix.Values[(long)row * rowCount / rows * columnCount + (long)column * columnCount / columns];
            return float.IsFinite(value) ? value : double.NaN;
        });
        return (cells, rows < rowCount || columns < columnCount);
    }

    private static Plot CreateHistogram(MatrixValues matrix, FigureSize size)
    {
        var plot = PlotStyle.Create("distribution", "value", "count", size);
        var range = RangeOf(matrix);
        var binWidth = (range.Max - range.Min) / HistogramBins;
        var counts = new double[HistogramBins];
        foreach (var value in matrix.Values)
        {
            if (float.IsFinite(value))
                counts[Math.Min(HistogramBins - 1, (int)((value - range.Min) / binWidth))]++;
        }

        var bars = counts.Select((count, bin) => new Bar
        {
            Position = range.Min + (bin + 0.5) * binWidth, Value = count, Size = binWidth, FillColor = PlotStyle.ColorOf(0), LineWidth = 0,
        });
        plot.Add.Bars(bars.ToList());
        plot.Axes.Margins(bottom: 0);
        plot.Axes.Left.TickGenerator = IntegerTicks();
        PlotStyle.SetNumbers(plot.Axes.Bottom, range, size.Width - Beside);
        return plot;
    }

    /// <summary>The finite values' range; about one value alone, which lies in the middle: colors and bins need one that is not empty.</summary>
    private static ScottPlot.Range RangeOf(MatrixValues matrix)
    {
        if (matrix.Lowest < matrix.Highest)
            return new ScottPlot.Range(matrix.Lowest, matrix.Highest);
        double value = matrix.Lowest;
        var half = value == 0 ? 1 : Math.Abs(value) / 2;
        return new ScottPlot.Range(value - half, value + half);
    }

    /// <summary>Numbers of rows, columns and counts are whole.</summary>
    private static ScottPlot.TickGenerators.NumericAutomatic IntegerTicks() => new() { IntegerTicksOnly = true, MinorTickGenerator = new ScottPlot.TickGenerators.EvenlySpacedMinorTickGenerator(1) };

    /// <summary>Writes each cell's number into it, where all have room.</summary>
    private static void AddCellTexts(Plot plot, double[,] values, ScottPlot.Range range, FigureSize size)
    {
        const int Gap = 6;
        var count = values.GetLength(0);
        var fontSize = Enumerable.Range(SmallestCellSize, LargestCellSize - SmallestCellSize + 1)
            .LastOrDefault(height => (size.Width - Beside) / count >= EmbeddedFont.WidthOf("-0.00", height) + Gap && (size.Height - Above) / count >= height + Gap);
        if (fontSize == 0)
            return;
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                var text = plot.Add.Text(values[i, j].ToString("0.00", CultureInfo.InvariantCulture), j, count - 1 - i);
                text.LabelFontName = EmbeddedFont.Name;
                text.LabelFontSize = fontSize;
                text.LabelAlignment = Alignment.MiddleCenter;
                text.LabelFontColor = range.Normalize(values[i, j]) > 0.6 ? Colors.Black : Colors.White;
            }
        }
    }
}
