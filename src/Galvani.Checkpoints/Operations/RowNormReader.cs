using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Operations;

/// <summary>
/// Reads the Euclidean norms of the rows of a tensor, in parts of one size however long a row is. Rows that lie closer to each other than their elements, as those of a transposed tensor, are read column by column. Either way
/// the squares of a row are added in the row's order.
/// </summary>
internal sealed class RowNormReader
{
    private const int ChunkElements = 1 << 16;
    private const int FewRows = 16; // whose columns are too short

    private readonly TensorView view;
    private readonly long rowCount;
    private readonly long width;
    private readonly TensorView? columns; // [width, rows]; null where rows are read one by one
    private readonly double[]? squares; // of each value of an element of one byte; null for larger ones
    private readonly byte[] elements;
    private readonly float[] numbers;

    /// <param name="view">A tensor of rank 1 at least.</param>
    public RowNormReader(TensorView view)
    {
        this.view = view;
        rowCount = view.Shape[0];
        width = view.ElementCount == 0 ? 0 : view.ElementCount / rowCount;
        if (rowCount >= FewRows && width > 1 && view.Strides[0] > 0 && Enumerable.Range(1, view.Rank - 1).All(axis => view.Shape[axis] == 1 || view.Strides[axis] > view.Strides[0]))
            columns = view.Permuted([.. Enumerable.Range(1, view.Rank - 1), 0]);
        var chunkElements = (int)Math.Min(ChunkElements, view.ElementCount);
        var isLookedUp = view.DType.ElementBytes() == 1 && view.DType.IsReadable();
        squares = isLookedUp ? Array.ConvertAll(SmallValues.Of(view.DType), value => value * value) : null;
        (elements, numbers) = isLookedUp ? (new byte[chunkElements], []) : (Array.Empty<byte>(), new float[chunkElements]);
    }

    /// <summary>Reads norms of rows one after the other.</summary>
    /// <param name="firstRow">The first row.</param>
    /// <param name="norms">Overwritten; as many rows as it has are read, best a few thousand at a time.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    public void Read(long firstRow, Span<double> norms, CancellationToken cancellationToken)
    {
        norms.Clear();
        if (norms.IsEmpty || width == 0)
            return;
        if (columns is not null)
            AddColumns(columns, firstRow, norms, cancellationToken);
        else if (width > ChunkElements)
            AddLongRows(firstRow, norms, cancellationToken);
        else
            AddShortRows(firstRow, norms, cancellationToken);
        foreach (ref var norm in norms)
            norm = Math.Sqrt(norm);
    }

    private void AddColumns(TensorView columns, long firstRow, Span<double> sums, CancellationToken cancellationToken)
    {
        // Columns that are read whole lie one after the other.
        var columnsAtOnce = sums.Length == rowCount ? Math.Max(1, ChunkElements / sums.Length) : 1;
        for (long column = 0; column < width; column += columnsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(columnsAtOnce, width - column) * sums.Length;
            var first = column * rowCount + firstRow;
            if (squares is null)
            {
                columns.CopyTo(numbers.AsSpan(0, count), first);
                for (var at = 0; at < count; at += sums.Length)
                    SquareSums.AddColumn(numbers.AsSpan(at, sums.Length), sums);
            }
            else
            {
                columns.CopyElements(elements.AsSpan(0, count), first);
                for (var at = 0; at < count; at += sums.Length)
                    SquareSums.AddColumn(elements.AsSpan(at, sums.Length), squares, sums);
            }
        }
    }

    private void AddShortRows(long firstRow, Span<double> sums, CancellationToken cancellationToken)
    {
        var rowsAtOnce = ChunkElements / (int)width;
        for (var done = 0; done < sums.Length; done += rowsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = sums.Slice(done, Math.Min(rowsAtOnce, sums.Length - done));
            AddRows((firstRow + done) * width, part.Length * (int)width, part);
        }
    }

    private void AddLongRows(long firstRow, Span<double> sums, CancellationToken cancellationToken)
    {
        for (var row = 0; row < sums.Length; row++)
        {
            for (long done = 0; done < width; done += ChunkElements)
            {
                cancellationToken.ThrowIfCancellationRequested();
                AddRows((firstRow + row) * width + done, (int)Math.Min(ChunkElements, width - done), sums.Slice(row, 1));
            }
        }
    }

    /// <summary>Adds the squares of elements one after the other, as many of each row.</summary>
    private void AddRows(long first, int count, Span<double> sums)
    {
        if (squares is null)
        {
            view.CopyTo(numbers.AsSpan(0, count), first);
            SquareSums.AddRows(numbers.AsSpan(0, count), sums);
        }
        else
        {
            view.CopyElements(elements.AsSpan(0, count), first);
            SquareSums.AddRows(elements.AsSpan(0, count), squares, sums);
        }
    }
}
