using Galvani.Kernels;
using Galvani.Models.Layers;

namespace Galvani.Models;

/// <summary>A row of a pass: one token of one sentence or hypothesis.</summary>
internal readonly record struct PlannedRow
{
    /// <summary>The sentence of the batch, 0-based.</summary>
    public required int Sentence { get; init; }

    /// <summary>Where the token stands for the positional table and for rotation.</summary>
    public required int Position { get; init; }

    /// <summary>How many tokens its sequence has before it.</summary>
    public required int Index { get; init; }

    /// <summary>Where it stands as a query for relative schemes, in the count of the keys' positions.</summary>
    public required int QueryPosition { get; init; }

    /// <summary>The table row of the token before it, where <see cref="Index"/> is not 0.</summary>
    public required int Previous { get; init; }

    /// <summary>Its own row in the table.</summary>
    public required int TableRow { get; init; }
}

/// <summary>
/// What each row of a pass is and which keys it sees. Keys are rows of the self-attention's table: in an encoder of the pass itself, in a decoder of the cache, where the keys of a sequence lie
/// wherever they were written. Filled anew for every pass without allocating once it has grown. Not safe for use by several threads.
/// </summary>
internal sealed class RowPlan
{
    private PlannedRow[] rows = [];
    private (int First, int Count)[] sequences = [];
    private KeyRange[] visible = [];
    private int[] positions = [];
    private int[] keyRows = [];
    private int[] keyPositions = [];
    private int keyCount;

    /// <summary>R.</summary>
    public int Count { get; private set; }

    /// <summary>[R], <see cref="PlannedRow.Position"/> of each row.</summary>
    public ReadOnlySpan<int> Positions => positions.AsSpan(0, Count);

    /// <summary>A row.</summary>
    public PlannedRow this[int row] => rows[row];

    /// <summary>The number of keys added so far.</summary>
    public int KeyCount => keyCount;

    /// <summary>Where a key stands in its sentence.</summary>
    public int KeyPosition(int key) => keyPositions[key];

    /// <summary>Forgets all rows and keys.</summary>
    public void Clear() => (Count, keyCount) = (0, 0);

    /// <summary>Adds a key.</summary>
    /// <param name="tableRow">Its row in the table.</param>
    /// <param name="position">Where it stands in its sentence.</param>
    public void AddKey(int tableRow, int position)
    {
        Grow(ref keyRows, keyCount + 1);
        Grow(ref keyPositions, keyCount + 1);
        (keyRows[keyCount], keyPositions[keyCount]) = (tableRow, position);
        keyCount++;
    }

    /// <summary>Adds the keys of a row of another plan.</summary>
    public void AddKeys(RowPlan other, int row)
    {
        var (first, count) = other.sequences[row];
        Grow(ref keyRows, keyCount + count);
        Grow(ref keyPositions, keyCount + count);
        other.keyRows.AsSpan(first, count).CopyTo(keyRows.AsSpan(keyCount));
        other.keyPositions.AsSpan(first, count).CopyTo(keyPositions.AsSpan(keyCount));
        keyCount += count;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sequence">Its sequence's keys up to itself: what a row that continues it starts from.</param>
    /// <param name="seen">The keys it sees.</param>
    public void AddRow(PlannedRow row, (int First, int Count) sequence, (int First, int Count) seen)
    {
        Grow(ref rows, Count + 1);
        Grow(ref sequences, Count + 1);
        Grow(ref visible, Count + 1);
        Grow(ref positions, Count + 1);
        (rows[Count], sequences[Count], visible[Count], positions[Count]) = (row, sequence, new KeyRange(seen.First, seen.Count), row.Position);
        Count++;
    }

    /// <summary>The keys that each row sees.</summary>
    public KeyLists KeyLists => new(keyRows.AsSpan(0, keyCount), visible.AsSpan(0, Count));

    /// <summary>[tokens], the table rows of a row's sequence up to itself.</summary>
    public ReadOnlySpan<int> Sequence(int row) => keyRows.AsSpan(sequences[row].First, sequences[row].Count);

    /// <summary>The keys that a row sees.</summary>
    public VisibleKeys Keys(int row)
    {
        var (first, count) = visible[row];
        return new VisibleKeys(keyRows.AsSpan(first, count), keyPositions.AsSpan(first, count), rows[row].QueryPosition);
    }

    private static void Grow<T>(ref T[] array, int count)
    {
        if (array.Length < count)
            Array.Resize(ref array, Math.Max(count, Math.Max(16, 2 * array.Length)));
    }
}
