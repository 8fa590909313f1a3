// Of a line that is taken in very short parts each part's mean is made only to be added to the others. Many parts are taken together here, 16 columns at a time, so that the sums of the line stay in registers, and
// neither means nor sums of parts are stored. Every number is made as by itself: the mean of a part rounded to float32, then widened, times the length of the part, and added, part by part.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Galvani.Kernels;

/// <content>Sums of the means of many short parts.</content>
public static partial class EmbeddingMean
{
    private const int PointersAtOnce = 4 * RowsOfRound;
    private const int OneRowParts = PointersAtOnce / RowsOfHalf;

    /// <summary>
    /// sums[c] += partLength x mean[firstColumn + c] for each of many parts of equal length, in their order, the mean being that of <see cref="OfRows"/>, rounded to float32; product and sum are each rounded, as
    /// <see cref="Reductions.AddWeighted"/> does.
    /// </summary>
    /// <param name="table">[V, D], row-major.</param>
    /// <param name="width">D.</param>
    /// <param name="ids">[parts x partLength], rows of the table.</param>
    /// <param name="partLength">The ids of a part, at most <see cref="RowsOfRound"/>.</param>
    /// <param name="scale">What each row of the table is multiplied by.</param>
    /// <param name="position">[D], what is added to the mean of each part: that of the positional rows; empty for nothing.</param>
    /// <param name="firstColumn">The first column of the means that is wanted.</param>
    /// <param name="sums">[C], added to; the columns that are wanted.</param>
    /// <exception cref="ArgumentException">The ids are no whole number of parts, the table is no whole number of rows, the position has another width, or columns are beyond the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row of the table, or a part is empty or longer than a round.</exception>
    public static void AddMeans(ReadOnlySpan<float> table, int width, ReadOnlySpan<int> ids, int partLength, float scale, ReadOnlySpan<float> position, int firstColumn, Span<double> sums)
    {
        Check(table, ids, width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partLength, RowsOfRound);
        if (ids.Length % partLength != 0)
            throw new ArgumentException($"{ids.Length} ids are no whole number of parts of {partLength}.", nameof(ids));
        if (!position.IsEmpty && position.Length != width)
            throw new ArgumentException($"The position has {position.Length} components, expected {width}, the width of the table.", nameof(position));
        if (firstColumn < 0 || firstColumn + (long)sums.Length > width)
            throw new ArgumentException($"Columns {firstColumn} to {firstColumn + (long)sums.Length - 1} are asked for, the table has {width}.", nameof(firstColumn));
        var paddedLength = (partLength + RowsOfHalf - 1) / RowsOfHalf * RowsOfHalf;
        var idsAtOnce = PointersAtOnce / paddedLength * partLength;
        position = (position.IsEmpty ? ZeroRow(width) : position)[firstColumn..];
        for (var start = 0; start < ids.Length; start += idsAtOnce)
        {
            var some = ids.Slice(start, Math.Min(idsAtOnce, ids.Length - start));
            if (partLength == 1)
                AddRowsAsMeans(table, width, some, scale, position, firstColumn, sums);
            else
                AddMeansOfParts(table, width, some, (partLength, paddedLength), scale / (double)partLength, position, firstColumn, sums);
        }
    }

    /// <summary>Parts of one row: its mean is the row, plus zero as in the sum of eight, which makes -0 zero. Text that goes on for so long has the same few tokens again and again: the mean of each is made once.</summary>
    [SkipLocalsInit]
    private static unsafe void AddRowsAsMeans(ReadOnlySpan<float> table, int width, ReadOnlySpan<int> ids, double factor, ReadOnlySpan<float> position, int firstColumn, Span<double> sums)
    {
        var rows = stackalloc float*[OneRowParts]; // each once
        var numbers = stackalloc byte[OneRowParts]; // of the ids' rows
        var means = stackalloc double[OneRowParts * ColumnsAtOnce];
        var factors = Vector256.Create(factor);
        fixed (float* table_0 = table, position_0 = position)
        fixed (double* sums_0 = sums)
        {
            var rowCount = NumberRows(table_0 + firstColumn, width, ids, rows, numbers);
            var d = 0;
            for (; d <= sums.Length - ColumnsAtOnce; d += ColumnsAtOnce)
            {
                var added = Sums16.OfRow(position_0 + d);
                for (var i = 0; i < rowCount; i++)
                    Sums16.OfMean(Sums16.OfRow(rows[i] + d), factors, added).Store(means + i * ColumnsAtOnce);
                var columns = Sums16.Load(sums_0 + d);
                for (var i = 0; i < ids.Length; i++)
                    columns.Add(Sums16.Load(means + numbers[i] * ColumnsAtOnce));
                columns.Store(sums_0 + d);
            }

            for (; d < sums.Length; d++)
            {
                for (var i = 0; i < ids.Length; i++)
                    sums_0[d] += (float)((0.0 + rows[numbers[i]][d]) * factor + position_0[d]);
            }
        }
    }

    /// <summary>Finds the rows of ids, each but once, unless others whose ids end in the same byte come between.</summary>
    /// <param name="table_0">The table from the first column on that is wanted.</param>
    /// <param name="width">D.</param>
    /// <param name="ids">At most <see cref="OneRowParts"/>.</param>
    /// <param name="rows">Gets the rows.</param>
    /// <param name="numbers">Gets the row of each id, as its place among the rows.</param>
    /// <returns>The number of rows.</returns>
    [SkipLocalsInit]
    private static unsafe int NumberRows(float* table_0, int width, ReadOnlySpan<int> ids, float** rows, byte* numbers)
    {
        var latest = stackalloc byte[1 << 8]; // the number of the row that came last, by the lowest byte of ids; anything where none came
        var count = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            var row = table_0 + (nint)ids[i] * width;
            ref var number = ref latest[(byte)ids[i]];
            if (number >= count || rows[number] != row)
            {
                number = (byte)count;
                rows[count++] = row;
            }

            numbers[i] = number;
        }

        return count;
    }

    [SkipLocalsInit]
    private static unsafe void AddMeansOfParts(ReadOnlySpan<float> table, int width, ReadOnlySpan<int> ids, (int Own, int Padded) length, double factor, ReadOnlySpan<float> position, int firstColumn, Span<double> sums)
    {
        var rows = stackalloc float*[PointersAtOnce];
        var wholeCount = length.Padded / RowsAtOnce * RowsAtOnce;
        double weight = length.Own;
        var (factors, weights) = (Vector256.Create(factor), Vector256.Create(weight));
        fixed (float* table_0 = table, position_0 = position, zeros = ZeroRow(sums.Length))
        fixed (double* sums_0 = sums)
        {
            var pointerCount = 0;
            for (var start = 0; start < ids.Length; start += length.Own)
            {
                for (var i = 0; i < length.Padded; i++)
                    rows[pointerCount++] = i < length.Own ? table_0 + (nint)ids[start + i] * width + firstColumn : zeros;
            }

            var d = 0;
            for (; d <= sums.Length - ColumnsAtOnce; d += ColumnsAtOnce)
            {
                var columns = Sums16.Load(sums_0 + d);
                var added = Sums16.OfRow(position_0 + d);
                for (var part = rows; part < rows + pointerCount; part += length.Padded)
                {
                    var ofPart = default(Sums16);
                    for (var i = 0; i < wholeCount; i += RowsAtOnce)
                        ofPart.Add(TreeOfEight(part + i, d), TreeOfEight(part + i, d + Vector256<float>.Count));
                    if (wholeCount < length.Padded)
                        ofPart.Add(TreeOfFour(part + wholeCount, d), TreeOfFour(part + wholeCount, d + Vector256<float>.Count));
                    columns.AddMean(Sums16.OfMean(ofPart, factors, added), weights);
                }

                columns.Store(sums_0 + d);
            }

            for (; d < sums.Length; d++)
            {
                for (var part = rows; part < rows + pointerCount; part += length.Padded)
                {
                    var sum = 0.0;
                    for (var i = 0; i < wholeCount; i += RowsAtOnce)
                        sum += (float)(SumOfFour(part + i, d) + SumOfFour(part + i + RowsOfHalf, d));
                    if (wholeCount < length.Padded)
                        sum += SumOfFour(part + wholeCount, d);
                    sums_0[d] += (float)(sum * factor + position_0[d]) * weight;
                }
            }
        }
    }

    /// <content>Sums of means.</content>
    private partial struct Sums16
    {
        /// <summary>The sums of one row: 0 + row.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static unsafe Sums16 OfRow(float* row)
        {
            var sums = default(Sums16);
            sums.Add(Vector256.Load(row), Vector256.Load(row + Vector256<float>.Count));
            return sums;
        }

        /// <summary>The mean of a part, sums x factor + position rounded to float32.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Sums16 OfMean(Sums16 part, Vector256<double> factors, Sums16 position)
        {
            var first = Vector256.Narrow(part.a * factors + position.a, part.b * factors + position.b);
            var second = Vector256.Narrow(part.c * factors + position.c, part.d * factors + position.d);
            return new() { a = Vector256.WidenLower(first), b = Vector256.WidenUpper(first), c = Vector256.WidenLower(second), d = Vector256.WidenUpper(second) };
        }

        /// <summary>Adds a mean times the weight of its part.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddMean(Sums16 mean, Vector256<double> weights)
        {
            a += mean.a * weights;
            b += mean.b * weights;
            c += mean.c * weights;
            d += mean.d * weights;
        }

        /// <summary>Adds numbers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Sums16 other)
        {
            a += other.a;
            b += other.b;
            c += other.c;
            d += other.d;
        }
    }
}
