// The mean of embedded tokens, for static sentence vectors: rows of a table, added, times a scale, plus the mean of the positional rows, which only depends on their
// number and so comes ready-made. Rows are added eight at a time in float32, as a tree of three levels, so that a number is rounded at most three times; the sums of
// eights are added in double precision, in order, and the mean is rounded once. Against exact arithmetic a mean is therefore off by at most 3 x 2^-24 of the mean
// magnitude of the numbers added, and by the last rounding, however many rows there are.
// Eight rows are walked at a time, 16 columns (a cache line of each) a step. The last eight is filled up with a row of zeros, which change no sum but -0. The sums
// stay in the first-level cache (8 bytes x D).
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Means of rows of an embedding table.</summary>
public static class EmbeddingMean
{
    private const int RowsAtOnce = 8;

    /// <summary>mean[d] = scale / S x Σ over s of table[ids[s], d] + position[d].</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">[S], rows of the table, at least one.</param>
    /// <param name="scale">What each row of the table is multiplied by.</param>
    /// <param name="position">[D], what is added to the mean: that of the positional rows; empty for nothing.</param>
    /// <param name="sums">[D], scratch; overwritten by the sums. Its length is the width of the table.</param>
    /// <param name="mean">[D], overwritten. Where eight rows together exceed the range of float32 it is infinite.</param>
    /// <exception cref="ArgumentException">There is no id, the table is no whole number of rows, the position or the mean has another width than the sums, or the mean lies over the position.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void OfRows(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, float scale, ReadOnlySpan<float> position, Span<double> sums, Span<float> mean)
    {
        Check(table, ids, sums.Length);
        if (mean.Length != sums.Length)
            throw new ArgumentException($"The mean has {mean.Length} components, expected {sums.Length}, as many as the sums.", nameof(mean));
        if (!position.IsEmpty && position.Length != sums.Length)
            throw new ArgumentException($"The position has {position.Length} components, expected {sums.Length}, as many as the sums.", nameof(position));
        if (position.Overlaps(mean))
            throw new ArgumentException("The mean lies over the position.", nameof(mean));
        sums.Clear();
        mean.Clear(); // zeros, for the last eight rows and where nothing is added
        for (var s = 0; s < ids.Length; s += RowsAtOnce)
            AddEight(ref MemoryMarshal.GetReference(table), ids[s..Math.Min(s + RowsAtOnce, ids.Length)], mean, sums);
        Finish(sums, scale / (double)ids.Length, position.IsEmpty ? mean : position, mean);
    }

    private static void Check(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, int width)
    {
        if (ids.IsEmpty)
            throw new ArgumentException("No rows have no mean, expected at least one id.", nameof(ids));
        if (width == 0 || table.Length % width != 0)
            throw new ArgumentException($"A table of {table.Length} numbers is no whole number of rows of {width}.", nameof(table));
        var rowCount = table.Length / width;
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)rowCount)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The table has {rowCount} rows.");
        }
    }

    /// <summary>Adds one to eight rows: sums[d] += ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)), a row that is missing being zeros.</summary>
    private static void AddEight(ref float table, ReadOnlySpan<int> ids, ReadOnlySpan<float> zeros, Span<double> sums)
    {
        Debug.Assert(ids.Length is > 0 and <= RowsAtOnce && zeros.Length == sums.Length);
        var width = sums.Length;
        ref var zeros_d = ref MemoryMarshal.GetReference(zeros);
        ref var row0 = ref Row(ref table, ids, 0, width, ref zeros_d);
        ref var row1 = ref Row(ref table, ids, 1, width, ref zeros_d);
        ref var row2 = ref Row(ref table, ids, 2, width, ref zeros_d);
        ref var row3 = ref Row(ref table, ids, 3, width, ref zeros_d);
        ref var row4 = ref Row(ref table, ids, 4, width, ref zeros_d);
        ref var row5 = ref Row(ref table, ids, 5, width, ref zeros_d);
        ref var row6 = ref Row(ref table, ids, 6, width, ref zeros_d);
        ref var row7 = ref Row(ref table, ids, 7, width, ref zeros_d);
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        nuint d = 0;
        for (; (int)d <= width - 2 * Vector256<float>.Count; d += 2 * (nuint)Vector256<float>.Count)
        {
            var next = d + (nuint)Vector256<float>.Count;
            var first = Pair(ref row0, ref row1, d) + Pair(ref row2, ref row3, d) + (Pair(ref row4, ref row5, d) + Pair(ref row6, ref row7, d));
            var second = Pair(ref row0, ref row1, next) + Pair(ref row2, ref row3, next) + (Pair(ref row4, ref row5, next) + Pair(ref row6, ref row7, next));
            AddTo(ref Unsafe.Add(ref sums_d, d), first);
            AddTo(ref Unsafe.Add(ref sums_d, next), second);
        }

        for (; (int)d < width; d++)
        {
            var lower = (float)((float)(Unsafe.Add(ref row0, d) + Unsafe.Add(ref row1, d)) + (float)(Unsafe.Add(ref row2, d) + Unsafe.Add(ref row3, d)));
            var upper = (float)((float)(Unsafe.Add(ref row4, d) + Unsafe.Add(ref row5, d)) + (float)(Unsafe.Add(ref row6, d) + Unsafe.Add(ref row7, d)));
            sums[(int)d] += (float)(lower + upper);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref float Row(ref float table, ReadOnlySpan<int> ids, int index, int width, ref float zeros)
    {
        if (index < ids.Length)
            return ref Unsafe.Add(ref table, (nint)ids[index] * width);
        return ref zeros;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair(ref float left, ref float right, nuint d) => Vector256.LoadUnsafe(ref left, d) + Vector256.LoadUnsafe(ref right, d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo(ref double sum, Vector256<float> terms)
    {
        (Vector256.LoadUnsafe(ref sum) + Vector256.WidenLower(terms)).StoreUnsafe(ref sum);
        var upper = (nuint)Vector256<double>.Count;
        (Vector256.LoadUnsafe(ref sum, upper) + Vector256.WidenUpper(terms)).StoreUnsafe(ref sum, upper);
    }

    /// <summary>mean[d] = sums[d] x factor + position[d], in double precision, rounded once; the position may be the mean itself.</summary>
    private static void Finish(ReadOnlySpan<double> sums, double factor, ReadOnlySpan<float> position, Span<float> mean)
    {
        Debug.Assert(position.Length == sums.Length && mean.Length == sums.Length);
        ref var sums_d = ref MemoryMarshal.GetReference(sums);
        ref var position_d = ref MemoryMarshal.GetReference(position);
        ref var mean_d = ref MemoryMarshal.GetReference(mean);
        var factors = Vector256.Create(factor);
        nuint d = 0;
        for (; (int)d <= sums.Length - Vector256<float>.Count; d += (nuint)Vector256<float>.Count)
        {
            var added = Vector256.LoadUnsafe(ref position_d, d);
            var lower = Vector256.LoadUnsafe(ref sums_d, d) * factors + Vector256.WidenLower(added);
            var upper = Vector256.LoadUnsafe(ref sums_d, d + (nuint)Vector256<double>.Count) * factors + Vector256.WidenUpper(added);
            Vector256.Narrow(lower, upper).StoreUnsafe(ref mean_d, d);
        }

        for (; (int)d < sums.Length; d++)
            mean[(int)d] = (float)(sums[(int)d] * factor + position[(int)d]);
    }
}
