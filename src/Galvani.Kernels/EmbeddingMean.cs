// The mean of embedded tokens, for static sentence vectors: rows of a table, added, times a scale, plus the mean of the positional rows, which only depends on their
// number and so comes ready-made. Rows are added eight at a time in float32, as a tree of three levels, so that a number is rounded at most three times; the sums of
// eights are added in double precision, in order, and the mean is rounded once. Against exact arithmetic a mean is therefore off by at most 3 x 2^-24 of the mean
// magnitude of the numbers added, and by the last rounding, however many rows there are.
// 16 columns (a cache line of each row) are summed at a time, over the rows of a round, so that their sums stay in registers; most sentences are one round. The last eight,
// or its first half where no more are left, is filled up with a row of zeros, which change no sum: it starts at 0, and so is never -0.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <summary>Means of rows of an embedding table.</summary>
public static partial class EmbeddingMean
{
    /// <summary>How many rows are added at once: where a mean is made in parts, all but the last are multiples of it.</summary>
    public const int RowsOfRound = 8 * RowsAtOnce;

    private const int RowsAtOnce = 8;
    private const int RowsOfHalf = RowsAtOnce / 2;
    private const int ColumnsAtOnce = 16;

    private static float[] zeroRow = []; // only read

    /// <summary>mean[d] = scale / S x Σ over s of table[ids[s], d] + position[d].</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">[S], rows of the table, at least one.</param>
    /// <param name="scale">What each row of the table is multiplied by.</param>
    /// <param name="position">[D], what is added to the mean: that of the positional rows; empty for nothing.</param>
    /// <param name="sums">[D], scratch for more than 64 rows. Its length is the width of the table.</param>
    /// <param name="mean">[D], overwritten. Where eight rows together exceed the range of float32 it is infinite.</param>
    /// <exception cref="ArgumentException">There is no id, the table is no whole number of rows, the position or the mean has another width than the sums, or the mean lies over the position.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void OfRows(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, float scale, ReadOnlySpan<float> position, Span<double> sums, Span<float> mean) =>
        OfLastRows(table, ids, rowsBefore: 0, scale, position, sums, mean);

    /// <summary>Adds rows to the sums of a mean of which more will come, by <see cref="OfLastRows"/> in the end: so that ids of any number need not be in memory together. The mean is that of <see cref="OfRows"/>.</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">Rows of the table, a multiple of <see cref="RowsOfRound"/>, at least one.</param>
    /// <param name="rowsBefore">The number of rows that the sums have, a multiple of <see cref="RowsOfRound"/>; 0 at first, and what is in the sums means nothing then.</param>
    /// <param name="sums">[D], added to. Its length is the width of the table.</param>
    /// <exception cref="ArgumentException">There is no id, a number of rows is no multiple of a round, or the table is no whole number of rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void AddRows(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, int rowsBefore, Span<double> sums)
    {
        Check(table, ids, sums.Length);
        CheckRounds(rowsBefore);
        CheckRounds(ids.Length);
        for (var start = 0; start < ids.Length; start += RowsOfRound)
            Add(table, ids.Slice(start, RowsOfRound), rowsBefore + start, factor: 0, position: [], sums, mean: []);
    }

    /// <summary>The mean of rows of which all but the last were added by <see cref="AddRows"/>.</summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="ids">The last rows of the table, at least one.</param>
    /// <param name="rowsBefore">The number of rows that the sums have, a multiple of <see cref="RowsOfRound"/>; 0 for none.</param>
    /// <param name="scale">What each row of the table is multiplied by.</param>
    /// <param name="position">[D], what is added to the mean; empty for nothing.</param>
    /// <param name="sums">[D], the sums of the rows before; scratch then. Its length is the width of the table.</param>
    /// <param name="mean">[D], overwritten. Where eight rows together exceed the range of float32 it is infinite.</param>
    /// <exception cref="ArgumentException">As for <see cref="OfRows"/>, or the number of the rows before is no multiple of a round.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table.</exception>
    public static void OfLastRows(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, int rowsBefore, float scale, ReadOnlySpan<float> position, Span<double> sums, Span<float> mean)
    {
        Check(table, ids, sums.Length);
        CheckRounds(rowsBefore);
        if (mean.Length != sums.Length)
            throw new ArgumentException($"The mean has {mean.Length} components, expected {sums.Length}, as many as the sums.", nameof(mean));
        if (!position.IsEmpty && position.Length != sums.Length)
            throw new ArgumentException($"The position has {position.Length} components, expected {sums.Length}, as many as the sums.", nameof(position));
        if (position.Overlaps(mean))
            throw new ArgumentException("The mean lies over the position.", nameof(mean));
        var factor = scale / (double)checked(rowsBefore + ids.Length);
        if (position.IsEmpty)
            position = ZeroRow(mean.Length);
        for (var start = 0; start < ids.Length; start += RowsOfRound)
        {
            var round = ids.Slice(start, Math.Min(RowsOfRound, ids.Length - start));
            Add(table, round, rowsBefore + start, factor, position, sums, start + round.Length == ids.Length ? mean : []);
        }
    }

    /// <summary>Zeros, at least so many; made once.</summary>
    private static float[] ZeroRow(int width)
    {
        var row = zeroRow;
        if (row.Length < width)
            zeroRow = row = new float[width];
        return row;
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

    private static void CheckRounds(int rowCount)
    {
        if (rowCount < 0 || rowCount % RowsOfRound != 0)
            throw new ArgumentException($"Rows of a mean of which more come are added {RowsOfRound} at a time, {rowCount} are no multiple.", nameof(rowCount));
    }

    /// <summary>
    /// Adds the rows of one round: sums[d] += ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)) for each eight of them, a row that is missing being zeros, and the second half being left out where all of it is missing. The first round, with no rows before it, starts with sums of zero; the last one,
    /// which alone has a mean, gives mean[d] = sums[d] x factor + position[d], in double precision, rounded once.
    /// </summary>
    [SkipLocalsInit]
    private static unsafe void Add(ReadOnlySpan<float> table, ReadOnlySpan<int> ids, int rowsBefore, double factor, ReadOnlySpan<float> position, Span<double> sums, Span<float> mean)
    {
        var rows = stackalloc float*[RowsOfRound];
        var count = ids.Length;
        var (isFirst, isLast) = (rowsBefore == 0, !mean.IsEmpty);
        fixed (float* table_0 = table, position_0 = position, mean_0 = mean, zeros = ZeroRow(sums.Length))
        fixed (double* sums_0 = sums)
        {
            var width = sums.Length;
            for (var i = 0; i < count; i++)
                rows[i] = table_0 + (nint)ids[i] * width;
            for (; count % RowsOfHalf != 0; count++)
                rows[count] = zeros;
            var wholeCount = count / RowsAtOnce * RowsAtOnce;

            var d = 0;
            for (; d <= width - ColumnsAtOnce; d += ColumnsAtOnce)
            {
                var columns = isFirst ? default : Sums16.Load(sums_0 + d);
                for (var i = 0; i < wholeCount; i += RowsAtOnce)
                    columns.Add(TreeOfEight(rows + i, d), TreeOfEight(rows + i, d + Vector256<float>.Count));
                if (wholeCount < count)
                    columns.Add(TreeOfFour(rows + wholeCount, d), TreeOfFour(rows + wholeCount, d + Vector256<float>.Count));
                if (isLast)
                    columns.Finish(factor, position_0 + d, mean_0 + d);
                else
                    columns.Store(sums_0 + d);
            }

            for (; d < width; d++)
            {
                var sum = isFirst ? 0 : sums_0[d];
                for (var i = 0; i < wholeCount; i += RowsAtOnce)
                    sum += (float)(SumOfFour(rows + i, d) + SumOfFour(rows + i + RowsOfHalf, d));
                if (wholeCount < count)
                    sum += SumOfFour(rows + wholeCount, d);
                if (isLast)
                    mean_0[d] = (float)(sum * factor + position_0[d]);
                else
                    sums_0[d] = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<float> TreeOfEight(float** rows, nint d) => TreeOfFour(rows, d) + TreeOfFour(rows + RowsOfHalf, d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<float> TreeOfFour(float** rows, nint d) => Pair(rows, d) + Pair(rows + 2, d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<float> Pair(float** rows, nint d) => Vector256.Load(rows[0] + d) + Vector256.Load(rows[1] + d);

    private static unsafe float SumOfFour(float** rows, nint d) => (float)((float)(rows[0][d] + rows[1][d]) + (float)(rows[2][d] + rows[3][d]));

    /// <summary>The sums of 16 columns, in registers.</summary>
    private partial struct Sums16
    {
        private Vector256<double> a;
        private Vector256<double> b;
        private Vector256<double> c;
        private Vector256<double> d;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static unsafe Sums16 Load(double* sums) =>
            new() { a = Vector256.Load(sums), b = Vector256.Load(sums + 4), c = Vector256.Load(sums + 8), d = Vector256.Load(sums + 12) };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector256<float> first, Vector256<float> second)
        {
            a += Vector256.WidenLower(first);
            b += Vector256.WidenUpper(first);
            c += Vector256.WidenLower(second);
            d += Vector256.WidenUpper(second);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly unsafe void Store(double* sums)
        {
            a.Store(sums);
            b.Store(sums + 4);
            c.Store(sums + 8);
            d.Store(sums + 12);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly unsafe void Finish(double factor, float* position, float* mean)
        {
            var factors = Vector256.Create(factor);
            var (first, second) = (Vector256.Load(position), Vector256.Load(position + Vector256<float>.Count));
            Vector256.Narrow(a * factors + Vector256.WidenLower(first), b * factors + Vector256.WidenUpper(first)).Store(mean);
            Vector256.Narrow(c * factors + Vector256.WidenLower(second), d * factors + Vector256.WidenUpper(second)).Store(mean + Vector256<float>.Count);
        }
    }
}
