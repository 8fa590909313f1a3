using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>
/// Sums of squares of many rows, in double precision. The squares of a row are added one after the other in its own order, so that all ways give the same bits; an addition waits for the one before, so rows
/// that do not depend on each other are added side by side. Elements of one byte are looked up in a table of the squares of all values.
/// </summary>
public static class SquareSums
{
    private const int RowsAtOnce = 4;

    /// <summary>Adds to each row's sum the square of one number.</summary>
    /// <param name="column">[R], a number of each row.</param>
    /// <param name="sums">[R], added to.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddColumn(ReadOnlySpan<float> column, Span<double> sums)
    {
        RequireOneOfEach(column.Length, sums.Length);
        for (var i = 0; i < column.Length; i++)
            sums[i] += (double)column[i] * column[i];
    }

    /// <summary>Adds to each row's sum the square of one element.</summary>
    /// <param name="column">[R], an element of each row.</param>
    /// <param name="squares">[256], the squares of the numbers that elements stand for.</param>
    /// <param name="sums">[R], added to.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are not 256 squares.</exception>
    public static void AddColumn(ReadOnlySpan<byte> column, ReadOnlySpan<double> squares, Span<double> sums)
    {
        RequireOneOfEach(column.Length, sums.Length);
        RequireSquares(squares);
        ref var table = ref MemoryMarshal.GetReference(squares);
        for (var i = 0; i < column.Length; i++)
            sums[i] += Unsafe.Add(ref table, (int)column[i]);
    }

    /// <summary>Adds to each row's sum the squares of its elements.</summary>
    /// <param name="rows">[R, N], rows one after the other.</param>
    /// <param name="squares">[256], the squares of the numbers that elements stand for.</param>
    /// <param name="sums">[R], added to.</param>
    /// <exception cref="ArgumentException">The elements are no whole number for each row, or there are not 256 squares.</exception>
    public static void AddRows(ReadOnlySpan<byte> rows, ReadOnlySpan<double> squares, Span<double> sums)
    {
        RequireSquares(squares);
        var width = WidthOf(rows.Length, sums.Length);
        ref var table = ref MemoryMarshal.GetReference(squares);
        var row = 0;
        for (; row + RowsAtOnce <= sums.Length; row += RowsAtOnce)
            AddFourRows(rows.Slice(row * width, RowsAtOnce * width), ref table, sums.Slice(row, RowsAtOnce));
        for (; row < sums.Length; row++)
        {
            var sum = sums[row];
            foreach (var element in rows.Slice(row * width, width))
                sum += Unsafe.Add(ref table, (int)element);
            sums[row] = sum;
        }
    }

    /// <summary>Adds to each row's sum the squares of its numbers.</summary>
    /// <param name="rows">[R, N], rows one after the other.</param>
    /// <param name="sums">[R], added to.</param>
    /// <exception cref="ArgumentException">The numbers are no whole number for each row.</exception>
    public static void AddRows(ReadOnlySpan<float> rows, Span<double> sums)
    {
        var width = WidthOf(rows.Length, sums.Length);
        for (var row = 0; row < sums.Length; row++)
        {
            var sum = sums[row];
            foreach (var number in rows.Slice(row * width, width))
                sum += (double)number * number;
            sums[row] = sum;
        }
    }

    private static void AddFourRows(ReadOnlySpan<byte> rows, ref double table, Span<double> sums)
    {
        Debug.Assert(sums.Length == RowsAtOnce && rows.Length % RowsAtOnce == 0);
        var width = rows.Length / RowsAtOnce;
        var row0 = rows[..width];
        var row1 = rows.Slice(width, width);
        var row2 = rows.Slice(2 * width, width);
        var row3 = rows.Slice(3 * width, width);
        var (sum0, sum1, sum2, sum3) = (sums[0], sums[1], sums[2], sums[3]);
        for (var i = 0; i < row0.Length; i++)
        {
            sum0 += Unsafe.Add(ref table, (int)row0[i]);
            sum1 += Unsafe.Add(ref table, (int)row1[i]);
            sum2 += Unsafe.Add(ref table, (int)row2[i]);
            sum3 += Unsafe.Add(ref table, (int)row3[i]);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (sum0, sum1, sum2, sum3);
    }

    private static int WidthOf(int elementCount, int rowCount)
    {
        if (rowCount == 0 ? elementCount > 0 : elementCount % rowCount != 0)
            throw new ArgumentException($"{elementCount} elements are no whole number for each of {rowCount} rows.", nameof(elementCount));
        return rowCount == 0 ? 0 : elementCount / rowCount;
    }

    private static void RequireOneOfEach(int elementCount, int rowCount)
    {
        if (elementCount != rowCount)
            throw new ArgumentException($"There are {elementCount} elements for {rowCount} rows.", nameof(elementCount));
    }

    private static void RequireSquares(ReadOnlySpan<double> squares)
    {
        if (squares.Length != ValueCounts.ByteValues)
            throw new ArgumentException($"There are {squares.Length} squares, expected {ValueCounts.ByteValues}.", nameof(squares));
    }
}
