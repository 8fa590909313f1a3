// The mean of embedded tokens, for static sentence vectors: rows of a table, each times a scale, each plus a row of positions. A row is rounded to float32 as
// an embedding layer rounds it (product, then sum, never fused); the rows are added in their order in double precision, and the mean is rounded once.
// Four rows are walked at a time, 8 numbers a step: the lower 4 widen into one vector of doubles, the upper 4 into another, and both stay in registers while the four
// are added in order. The rows left over are walked one by one; the sums themselves stay in the first-level cache (8 bytes x D).
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Means of rows of an embedding table.</summary>
public static class EmbeddingMean
{
    private const int RowsAtOnce = 4;

    /// <summary>mean[d] = Σ over s of (table[ids[s], d] x scale + positions[s, d]) / S.</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">[S], rows of the table, at least one.</param>
    /// <param name="scale">What each row of the table is multiplied by.</param>
    /// <param name="positions">[S, D] at least, row-major: a row for each token; empty for none.</param>
    /// <param name="sums">[D], scratch; overwritten by the sums. Its length is the width of the table.</param>
    /// <param name="mean">[D], overwritten.</param>
    /// <exception cref="ArgumentException">There is no id, the table is no whole number of rows, there are fewer positions than tokens, or the mean has another width than the sums.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void OfRows(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, float scale, ReadOnlySpan<float> positions, Span<double> sums, Span<float> mean)
    {
        Check(table, ids, positions, sums.Length);
        if (mean.Length != sums.Length)
            throw new ArgumentException($"The mean has {mean.Length} components, expected {sums.Length}, as many as the sums.", nameof(mean));
        sums.Clear();
        if (positions.IsEmpty)
        {
            // A term of zero for every token changes no sum: x + 0 is x, and the sums begin at +0.
            mean.Clear();
            AddRows(table, ids, scale, mean, positionStride: 0, sums);
        }
        else
            AddRows(table, ids, scale, positions, positionStride: sums.Length, sums);
        Divide(sums, ids.Length, mean);
    }

    private static void Check(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, ReadOnlySpan<float> positions, int width)
    {
        if (ids.IsEmpty)
            throw new ArgumentException("No rows have no mean, expected at least one id.", nameof(ids));
        if (width == 0 || table.Length % width != 0)
            throw new ArgumentException($"A table of {table.Length} numbers is no whole number of rows of {width}.", nameof(table));
        if (!positions.IsEmpty && positions.Length / width < ids.Length)
            throw new ArgumentException($"{positions.Length} numbers are fewer than {ids.Length} positions of {width}.", nameof(positions));
        var rowCount = table.Length / width;
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)rowCount)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The table has {rowCount} rows.");
        }
    }

    private static void AddRows(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, float scale, ReadOnlySpan<float> positions, int positionStride, Span<double> sums)
    {
        var width = sums.Length;
        var s = 0;
        for (; s <= ids.Length - RowsAtOnce; s += RowsAtOnce)
        {
            var done = AddFour(ref MemoryMarshal.GetReference(table), ids.Slice(s, RowsAtOnce), scale, ref Unsafe.AsRef(in positions[s * positionStride]), positionStride, sums);
            for (var i = s; i < s + RowsAtOnce; i++)
                AddTail(table.Slice(ids[i] * width, width), scale, positions.Slice(i * positionStride, width), done, sums);
        }

        for (; s < ids.Length; s++)
        {
            var row = table.Slice(ids[s] * width, width);
            var position = positions.Slice(s * positionStride, width);
            AddTail(row, scale, position, AddOne(row, scale, position, sums), sums);
        }
    }

    /// <summary>Adds four rows, as far as whole vectors go.</summary>
    /// <returns>The number of columns added.</returns>
    private static int AddFour(ref float table, ReadOnlySpan<int> ids, float scale, ref float position, int positionStride, Span<double> sums)
    {
        Debug.Assert(ids.Length == RowsAtOnce);
        var width = sums.Length;
        ref var row0 = ref Unsafe.Add(ref table, (nint)ids[0] * width);
        ref var row1 = ref Unsafe.Add(ref table, (nint)ids[1] * width);
        ref var row2 = ref Unsafe.Add(ref table, (nint)ids[2] * width);
        ref var row3 = ref Unsafe.Add(ref table, (nint)ids[3] * width);
        ref var position1 = ref Unsafe.Add(ref position, positionStride);
        ref var position2 = ref Unsafe.Add(ref position1, positionStride);
        ref var position3 = ref Unsafe.Add(ref position2, positionStride);
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        var scales = Vector256.Create(scale);
        var d = 0;
        for (; d <= width - Vector256<float>.Count; d += Vector256<float>.Count)
        {
            ref var sum = ref Unsafe.Add(ref sums_d, d);
            var lower = Vector256.LoadUnsafe(ref sum);
            var upper = Vector256.LoadUnsafe(ref sum, (nuint)Vector256<double>.Count);
            Add(Term(ref row0, scales, ref position, (nuint)d), ref lower, ref upper);
            Add(Term(ref row1, scales, ref position1, (nuint)d), ref lower, ref upper);
            Add(Term(ref row2, scales, ref position2, (nuint)d), ref lower, ref upper);
            Add(Term(ref row3, scales, ref position3, (nuint)d), ref lower, ref upper);
            lower.StoreUnsafe(ref sum);
            upper.StoreUnsafe(ref sum, (nuint)Vector256<double>.Count);
        }

        return d;
    }

    /// <summary>Adds one row, as far as whole vectors go.</summary>
    /// <returns>The number of columns added.</returns>
    private static int AddOne(ReadOnlySpan<float> row, float scale, ReadOnlySpan<float> position, Span<double> sums)
    {
        Debug.Assert(row.Length == sums.Length && position.Length == sums.Length);
        ref var row_d = ref MemoryMarshal.GetReference(row);
        ref var position_d = ref MemoryMarshal.GetReference(position);
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        var scales = Vector256.Create(scale);
        var d = 0;
        for (; d <= row.Length - Vector256<float>.Count; d += Vector256<float>.Count)
        {
            ref var sum = ref Unsafe.Add(ref sums_d, d);
            var lower = Vector256.LoadUnsafe(ref sum);
            var upper = Vector256.LoadUnsafe(ref sum, (nuint)Vector256<double>.Count);
            Add(Term(ref row_d, scales, ref position_d, (nuint)d), ref lower, ref upper);
            lower.StoreUnsafe(ref sum);
            upper.StoreUnsafe(ref sum, (nuint)Vector256<double>.Count);
        }

        return d;
    }

    private static void AddTail(ReadOnlySpan<float> row, float scale, ReadOnlySpan<float> position, int first, Span<double> sums)
    {
        for (var d = first; d < row.Length; d++)
            sums[d] += (float)(row[d] * scale) + position[d];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Term(ref float row, Vector256<float> scales, ref float position, nuint d) =>
        Vector256.LoadUnsafe(ref row, d) * scales + Vector256.LoadUnsafe(ref position, d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<float> term, ref Vector256<double> lower, ref Vector256<double> upper)
    {
        lower += Vector256.WidenLower(term);
        upper += Vector256.WidenUpper(term);
    }

    private static void Divide(ReadOnlySpan<double> sums, int count, Span<float> mean)
    {
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        var counts = Vector256.Create((double)count);
        var d = 0;
        for (; d <= sums.Length - Vector256<float>.Count; d += Vector256<float>.Count)
        {
            var lower = Vector256.LoadUnsafe(ref sums_d, (nuint)d) / counts;
            var upper = Vector256.LoadUnsafe(ref sums_d, (nuint)(d + Vector256<double>.Count)) / counts;
            Vector256.Narrow(lower, upper).CopyTo(mean[d..]);
        }

        for (; d < sums.Length; d++)
            mean[d] = (float)(sums[d] / count);
    }
}
