using System.Globalization;
using ScottPlot;

namespace Galvani.Plots;

/// <summary>What all figures share: the font, a palette that the colour-blind can tell apart (Okabe and Ito), short labels.</summary>
internal static class PlotStyle
{
    private const int LabelLength = 40;
    private const float TitleSize = 16;
    private const float SmallestTextSize = 11;
    private const float LegendSize = 12;
    private const int LineSpacing = 50; // the pixels from one number beside a picture to the next, at least
    private const int TitleMargin = 70; // a title stands in the middle of the data, which is not the middle of the picture
    private const int RightMargin = 30; // the last tick label of the bottom axis is centred on the end of the axis

    private static readonly string[] Palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"];

    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.DenselyDashed, LinePattern.Dotted];

    /// <summary>An empty plot with a title and axis labels.</summary>
    /// <param name="title">The title.</param>
    /// <param name="xLabel">What is along the bottom.</param>
    /// <param name="yLabel">What is along the left side.</param>
    /// <param name="size">The pixels that the plot takes.</param>
    public static Plot Create(string title, string xLabel, string yLabel, FigureSize size)
    {
        EmbeddedFont.Register();
        var plot = new Plot();
        plot.Font.Set(EmbeddedFont.Name);
        var (text, textSize) = Fit(title, size.Width);
        plot.Title(text, textSize);
        (text, textSize) = Fit(xLabel, size.Width);
        plot.XLabel(text, textSize);
        (text, textSize) = Fit(yLabel, size.Height);
        plot.YLabel(text, textSize);
        plot.Axes.Right.MinimumSize = RightMargin;
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        return plot;
    }

    /// <summary>The color of the n-th series.</summary>
    public static Color ColorOf(int index) => Color.FromHex(Palette[index % Palette.Length]);

    /// <summary>A label short enough for a legend or an axis, in characters that the font has: it lacks the feature separator and the joiner mark.</summary>
    public static string Short(string label, int length = LabelLength) =>
        (label.Length <= length ? label : label[..(length - 1)] + "…").Replace('￨', '│').Replace('￭', '■');

    /// <summary>The line of the n-th series: whole, and broken where colors come again.</summary>
    public static LinePattern PatternOf(int index) => Patterns[index / Palette.Length % Patterns.Length];

    /// <summary>A legend below the data, where it hides nothing: of as many series as fit in less than half of the picture.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="series">What is drawn; receives the labels.</param>
    /// <param name="labels">A label a series.</param>
    /// <param name="size">The pixels that the plot takes.</param>
    public static void AddLegend(Plot plot, IReadOnlyList<IHasLegendText> series, IReadOnlyList<string> labels, FigureSize size)
    {
        const int SymbolWidth = 32, Gaps = 25, RowHeight = 20, Frame = 40;
        const double LargestShare = 0.45;
        string[] shown = [.. labels.Select(label => Short(label))];
        var columns = Math.Max(1, (int)((size.Width - Frame) / (shown.Max(label => EmbeddedFont.WidthOf(label, LegendSize)) + SymbolWidth + Gaps)));
        var rows = Math.Clamp((shown.Length + columns - 1) / columns, 1, (int)(LargestShare * size.Height / RowHeight));
        var count = shown.Length <= rows * columns ? shown.Length : rows * columns - 1; // the last place tells how many more there are
        for (var i = 0; i < count; i++)
            series[i].LegendText = shown[i];
        if (count < shown.Length)
            plot.Legend.ManualItems.Add(new LegendItem { LabelText = string.Create(CultureInfo.InvariantCulture, $"… and {shown.Length - count} more"), LineWidth = 0 });
        var panel = plot.ShowLegend(Edge.Bottom);
        panel.MinimumSize = rows * RowHeight + Frame;
        plot.Legend.FontName = EmbeddedFont.Name;
        plot.Legend.FontSize = LegendSize;
        plot.Legend.SymbolWidth = SymbolWidth; // room for a broken line to look broken
        plot.Legend.Orientation = Orientation.Horizontal;
    }

    /// <summary>The first of several texts that fits as a title or the name of an axis without being cut; the last where none does.</summary>
    public static string FirstThatFits(int length, params string[] texts) => Array.Find(texts, text => EmbeddedFont.WidthOf(text, SmallestTextSize) <= length - TitleMargin) ?? texts[^1];

    /// <summary>A title or the name of an axis: made smaller, then cut in the middle, until it fits.</summary>
    private static (string Text, float Size) Fit(string text, int length)
    {
        var room = length - TitleMargin;
        var width = EmbeddedFont.WidthOf(text, TitleSize);
        var size = width <= room ? TitleSize : Math.Max(MathF.Floor(TitleSize * room / width), SmallestTextSize);
        var shown = text;
        for (var kept = text.Length - 1; kept > 1 && EmbeddedFont.WidthOf(shown, size) > room; kept--)
            shown = text[..(kept / 2)] + "…" + text[^(kept - kept / 2)..];
        return (shown, size);
    }

    /// <summary>The limits of an axis: the values and a margin on both sides, a share of their span.</summary>
    public static (double Low, double High) Limits(double[] values, double margin)
    {
        var (low, high) = (values.Min(), values.Max());
        var span = high > low ? high - low : 1;
        return (low - margin * span, high + margin * span);
    }

    /// <summary>Labels at whole numbers along an axis: all of them, or every second, third ... where there is no room for all.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="position">Where a label stands, by its index.</param>
    /// <param name="length">The pixels of the axis, or more.</param>
    /// <param name="room">The pixels along the axis that a label takes.</param>
    public static void SetLabels(IAxis axis, IReadOnlyList<string> labels, Func<int, int> position, int length, double room)
    {
        var step = Math.Max(1, (int)Math.Ceiling(labels.Count * room / length));
        int[] shown = [.. Enumerable.Range(0, labels.Count).Where(index => index % step == 0)];
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. shown.Select(index => (double)position(index))], [.. shown.Select(index => labels[index])]);
        axis.MajorTickStyle.Length = 0;
        axis.TickLabelStyle.FontName = EmbeddedFont.Name;
    }

    /// <summary>
    /// The numbers along an axis of very large or very small values, or of values very close together, with exponents or decimals that tell them apart: the drawing library writes huge numbers out
    /// and tiny ones as 0. It does well with all others, which stay as they are.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="values">The range of the values.</param>
    /// <param name="length">The pixels along which numbers stand.</param>
    public static void SetNumbers(IAxis axis, ScottPlot.Range values, int length)
    {
        const double Large = 1e6, Small = 1e-3;
        if (values.Max - values.Min >= Small && Math.Max(Math.Abs(values.Min), Math.Abs(values.Max)) < Large)
            return;
        var (positions, labels) = axis.Edge.IsHorizontal() ? WidestTicks(values, length) : RoundTicks.Between(values, Math.Max(2, length / LineSpacing));
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. positions], [.. labels]);
    }

    /// <summary>As many numbers as stand beside each other without touching.</summary>
    private static (IReadOnlyList<double> Positions, IReadOnlyList<string> Labels) WidestTicks(ScottPlot.Range values, int length)
    {
        const int Most = 12, Gap = 12;
        for (var count = Most; count > 2; count--)
        {
            var ticks = RoundTicks.Between(values, count);
            var room = ticks.Positions.Count < 2 ? length : length * (ticks.Positions[1] - ticks.Positions[0]) / (values.Max - values.Min);
            if (ticks.Labels.Select(label => EmbeddedFont.WidthOf(label, LegendSize)).DefaultIfEmpty(0).Max() + Gap <= room)
                return ticks;
        }

        return RoundTicks.Between(values, 2);
    }

    /// <summary>A color bar with numbers and a label that do not touch each other.</summary>
    public static void AddColorBar(Plot plot, IHasColorAxis source, string label, FigureSize size)
    {
        var bar = plot.Add.ColorBar(source);
        bar.Label = label;
        bar.LabelStyle.FontName = EmbeddedFont.Name;
        bar.LabelStyle.Bold = false;
        bar.LabelStyle.FontSize = 13;
        // The drawing library leaves room for the numbers of a bar of 400 pixels, and then draws those of the real bar, which may be longer: so they are chosen here.
        var ticks = RoundTicks.Between(source.GetRange(), Math.Max(2, size.Height / LineSpacing));
        bar.Axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. ticks.Positions], [.. ticks.Labels]);
        bar.Axis.TickLabelStyle.FontName = EmbeddedFont.Name;
    }
}
