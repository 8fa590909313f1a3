namespace Galvani.Checkpoints.Operations;

/// <summary>Keeps the rows of least and greatest norm of all that it is shown, by norm and among equal ones by row.</summary>
/// <param name="count">How many of each kind.</param>
internal sealed class RowExtremes(int count)
{
    private readonly List<RowNorm> least = new(count + 1); // from the least on
    private readonly List<RowNorm> greatest = new(count + 1); // from the greatest on

    /// <summary>Shows rows one after the other, behind all that were shown before.</summary>
    public void Add(long firstRow, ReadOnlySpan<double> norms)
    {
        for (var i = 0; i < norms.Length; i++)
        {
            if (least.Count < count || !(norms[i] >= least[^1].Norm))
                Insert(least, new RowNorm(firstRow + i, norms[i]), sign: 1);
        }

        // From the last one on: of many equal ones none but the last ones are inserted.
        for (var i = norms.Length - 1; i >= 0; i--)
        {
            if (greatest.Count < count || !(norms[i] < greatest[^1].Norm))
                Insert(greatest, new RowNorm(firstRow + i, norms[i]), sign: -1);
        }
    }

    /// <summary>The least and the greatest in one order, each row once.</summary>
    public IReadOnlyList<RowNorm> Result() => [.. least.Union(greatest).Order(Comparer<RowNorm>.Create(Compare))];

    private void Insert(List<RowNorm> kept, RowNorm row, int sign)
    {
        var place = kept.Count;
        while (place > 0 && sign * Compare(row, kept[place - 1]) < 0)
            place--;
        if (place == count)
            return;
        kept.Insert(place, row);
        if (kept.Count > count)
            kept.RemoveAt(count);
    }

    /// <summary>By norm, NaN before all numbers, then by row.</summary>
    private static int Compare(RowNorm left, RowNorm right) => left.Norm.CompareTo(right.Norm) is var order and not 0 ? order : left.Row.CompareTo(right.Row);
}
