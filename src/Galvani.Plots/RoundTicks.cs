using System.Globalization;

namespace Galvani.Plots;

/// <summary>Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten, all with the same number of decimals.</summary>
internal static class RoundTicks
{
    private static readonly int[] Factors = [1, 2, 5, 10];

    /// <summary>The round numbers in a range.</summary>
    /// <param name="range">The range.</param>
    /// <param name="maximumCount">The most numbers, at least 2.</param>
    public static (IReadOnlyList<double> Positions, IReadOnlyList<string> Labels) Between(ScottPlot.Range range, int maximumCount)
    {
        if (!(range.Max > range.Min) || !double.IsFinite(range.Max - range.Min))
            return ([range.Min], [range.Min.ToString("G5", CultureInfo.InvariantCulture)]);
        var step = Step((range.Max - range.Min) / (maximumCount - 1), out var decimals);
        var first = (long)Math.Ceiling(range.Min / step);
        var count = (int)((long)Math.Floor(range.Max / step) - first) + 1;
        var positions = Enumerable.Range(0, count).Select(i => (first + i) * step).ToList();
        return (positions, [.. positions.Select(position => Label(position, step, decimals))]);
    }

    /// <summary>The smallest round number that is not below the given one, and the decimals that its multiples need.</summary>
    private static double Step(double smallest, out int decimals)
    {
        var exponent = (int)Math.Floor(Math.Log10(smallest));
        var power = Math.Pow(10, exponent);
        var factor = Factors.First(factor => factor * power >= smallest || factor == 10);
        decimals = Math.Max(0, -exponent - (factor == 10 ? 1 : 0));
        return factor * power;
    }

    private static string Label(double position, double step, int decimals)
    {
        const int MostDecimals = 4;
        const double Large = 1e6;
        return decimals > MostDecimals || step >= Large
            ? position.ToString("G7", CultureInfo.InvariantCulture)
            : position.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
