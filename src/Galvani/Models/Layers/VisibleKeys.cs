namespace Galvani.Models.Layers;

/// <summary>The keys that a query row may see, in order. Keys that it may not see are not in it: no mask is added to scores.</summary>
internal readonly ref struct VisibleKeys
{
    /// <param name="rows">[N], the keys' rows in their table.</param>
    /// <param name="positions">[N], where the keys stand in their sentence.</param>
    /// <param name="queryPosition">Where the query stands, in the same count.</param>
    public VisibleKeys(ReadOnlySpan<int> rows, ReadOnlySpan<int> positions, int queryPosition)
    {
        Rows = rows;
        Positions = positions;
        QueryPosition = queryPosition;
    }

    /// <summary>[N], the keys' rows in their table.</summary>
    public ReadOnlySpan<int> Rows { get; }

    /// <summary>[N], where the keys stand in their sentence.</summary>
    public ReadOnlySpan<int> Positions { get; }

    /// <summary>Where the query stands.</summary>
    public int QueryPosition { get; }

    /// <summary>N.</summary>
    public int Count => Rows.Length;
}
