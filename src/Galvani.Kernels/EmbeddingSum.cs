// The sum of embedded tokens, for static sentence vectors: rows of a table, each times a scale, each plus a row of positions. A row is rounded to float32 as
// an embedding layer rounds it (product, then sum, never fused); the rows are added in their order in double precision.
// Rows are walked one after another, so that the table is read in whole rows; the sums stay in the first-level cache (8 bytes x D).
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Sums of rows of an embedding table.</summary>
public static class EmbeddingSum
{
    /// <summary>sums[d] = Σ over s of (table[ids[s], d] x scale). Overwrites the sums.</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">[S], rows of the table.</param>
    /// <param name="scale">What each row is multiplied by.</param>
    /// <param name="sums">[D]; its length is the width of the table.</param>
    /// <exception cref="ArgumentException">The table is no whole number of rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void OfTokens(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, float scale, Span<double> sums)
    {
        Check(table, ids, sums.Length);
        sums.Clear();
        foreach (var id in ids)
            AddRow(table.Slice(id * sums.Length, sums.Length), scale, sums);
    }

    /// <summary>sums[d] = Σ over s of (table[ids[s], d] x scale + positions[s, d]). Overwrites the sums.</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">[S], rows of the table.</param>
    /// <param name="scale">What each row of the table is multiplied by.</param>
    /// <param name="positions">[S, D] at least, row-major: a row for each token.</param>
    /// <param name="sums">[D]; its length is the width of the table.</param>
    /// <exception cref="ArgumentException">The table is no whole number of rows, or there are fewer positions than tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void OfTokensAndPositions(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, float scale, ReadOnlySpan<float> positions, Span<double> sums)
    {
        Check(table, ids, sums.Length);
        if (positions.Length / sums.Length < ids.Length)
            throw new ArgumentException($"{positions.Length} numbers are fewer than {ids.Length} positions of {sums.Length}.", nameof(positions));
        sums.Clear();
        for (var s = 0; s < ids.Length; s++)
            AddRow(table.Slice(ids[s] * sums.Length, sums.Length), positions.Slice(s * sums.Length, sums.Length), scale, sums);
    }

    private static void Check(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, int width)
    {
        if (width == 0 || table.Length % width != 0)
            throw new ArgumentException($"A table of {table.Length} numbers is no whole number of rows of {width}.", nameof(table));
        var rowCount = table.Length / width;
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)rowCount)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The table has {rowCount} rows.");
        }
    }

    // 8 numbers a step: the lower 4 widen into one vector of doubles, the upper 4 into another.
    private static void AddRow(ReadOnlySpan<float> row, float scale, Span<double> sums)
    {
        Debug.Assert(row.Length == sums.Length);
        ref var row_d = ref MemoryMarshal.GetReference(row);
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        var d = 0;
        for (; d <= row.Length - Vector256<float>.Count; d += Vector256<float>.Count)
            AddWide(Vector256.LoadUnsafe(ref row_d, (nuint)d) * scale, ref sums_d, (nuint)d);
        for (; d < row.Length; d++)
            sums[d] += row[d] * scale;
    }

    private static void AddRow(ReadOnlySpan<float> row, ReadOnlySpan<float> position, float scale, Span<double> sums)
    {
        Debug.Assert(row.Length == sums.Length && position.Length == sums.Length);
        ref var row_d = ref MemoryMarshal.GetReference(row);
        ref var position_d = ref MemoryMarshal.GetReference(position);
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        var d = 0;
        for (; d <= row.Length - Vector256<float>.Count; d += Vector256<float>.Count)
            AddWide(Vector256.LoadUnsafe(ref row_d, (nuint)d) * scale + Vector256.LoadUnsafe(ref position_d, (nuint)d), ref sums_d, (nuint)d);
        for (; d < row.Length; d++)
            sums[d] += (float)(row[d] * scale) + position[d];
    }

    private static void AddWide(Vector256<float> values, ref double sums_d, nuint d)
    {
        var (lower, upper) = Vector256.Widen(values);
        (Vector256.LoadUnsafe(ref sums_d, d) + lower).StoreUnsafe(ref sums_d, d);
        d += (nuint)Vector256<double>.Count;
        (Vector256.LoadUnsafe(ref sums_d, d) + upper).StoreUnsafe(ref sums_d, d);
    }
}
