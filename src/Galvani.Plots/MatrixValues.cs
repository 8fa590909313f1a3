using System.Globalization;

namespace Galvani.Plots;

/// <summary>A matrix that is drawn: its values and what must be known of all of them. NaN and infinities have no color and no place in a range.</summary>
internal sealed class MatrixValues
{
    /// <param name="values">[rows, columns], row-major.</param>
    /// <param name="columnCount">The number of columns.</param>
    /// <exception cref="ArgumentException">The matrix is empty, the length is no multiple of the columns, or no value is finite.</exception>
    public MatrixValues(float[] values, int columnCount)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (columnCount < 1 || values.Length == 0 || values.Length % columnCount != 0)
            throw new ArgumentException($"{values.Length} values are no rows of {columnCount}.", nameof(values));
        (Values, ColumnCount) = (values, columnCount);
        Lowest = float.PositiveInfinity;
        Highest = float.NegativeInfinity;
        var first = -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]))
            {
                Lowest = Math.Min(Lowest, values[i]);
                Highest = Math.Max(Highest, values[i]);
            }
            else
            {
                first = first < 0 ? i : first;
                NonFiniteCount++;
            }
        }

        var place = first < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{values[first]} in row {first / columnCount}, column {first % columnCount}");
        if (NonFiniteCount == values.Length)
            throw new ArgumentException($"None of the values is finite (the first is {place}), there is nothing to draw.", nameof(values));
        if (first >= 0)
            Note = string.Create(CultureInfo.InvariantCulture, $"{NonFiniteCount} of {values.Length} values {(NonFiniteCount == 1 ? "is" : "are")} not finite and gray (the first is {place})");
    }

    /// <summary>[rows, columns], row-major.</summary>
    public float[] Values { get; }

    /// <summary>The number of rows.</summary>
    public int RowCount => Values.Length / ColumnCount;

    /// <summary>The number of columns.</summary>
    public int ColumnCount { get; }

    /// <summary>The lowest finite value.</summary>
    public float Lowest { get; }

    /// <summary>The highest finite value.</summary>
    public float Highest { get; }

    /// <summary>How many values are NaN or infinite.</summary>
    public int NonFiniteCount { get; }

    /// <summary>How many values are NaN or infinite and where the first one stands, in words; null where all are finite.</summary>
    public string? Note { get; }
}
