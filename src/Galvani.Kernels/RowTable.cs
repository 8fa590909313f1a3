namespace Galvani.Kernels;

/// <summary>Some columns of a table of rows, read where they lie.</summary>
public readonly ref struct RowTable
{
    /// <param name="values">The table, row-major.</param>
    /// <param name="stride">The elements of a row.</param>
    /// <param name="firstColumn">Where in a row the columns meant begin.</param>
    /// <exception cref="ArgumentOutOfRangeException">The stride is not positive.</exception>
    public RowTable(ReadOnlySpan<float> values, int stride, int firstColumn)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        Values = values;
        (Stride, FirstColumn) = (stride, firstColumn);
    }

    /// <summary>The table, row-major.</summary>
    public ReadOnlySpan<float> Values { get; }

    /// <summary>The elements of a row.</summary>
    public int Stride { get; }

    /// <summary>Where in a row the columns meant begin.</summary>
    public int FirstColumn { get; }
}
