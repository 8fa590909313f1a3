namespace Galvani.Kernels;

/// <summary>A run of a list.</summary>
/// <param name="First">The first element.</param>
/// <param name="Count">The number of elements.</param>
public readonly record struct KeyRange(int First, int Count);

/// <summary>The keys of each of R query rows: runs of one list of table rows, which may overlap.</summary>
public readonly ref struct KeyLists
{
    /// <param name="rows">The numbers of table rows that the ranges are runs of.</param>
    /// <param name="ranges">[R].</param>
    public KeyLists(ReadOnlySpan<int> rows, ReadOnlySpan<KeyRange> ranges)
    {
        Rows = rows;
        Ranges = ranges;
    }

    /// <summary>The numbers of table rows that the ranges are runs of.</summary>
    public ReadOnlySpan<int> Rows { get; }

    /// <summary>[R].</summary>
    public ReadOnlySpan<KeyRange> Ranges { get; }

    /// <summary>The keys of a query row.</summary>
    public ReadOnlySpan<int> Of(int row) => Rows.Slice(Ranges[row].First, Ranges[row].Count);
}
