using System.Buffers;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>Tables made of rows of other tables, gathered while they are written. A bias is a table of rows of one number.</summary>
internal static class RowTable
{
    /// <summary>Some rows of a table, in an order.</summary>
    /// <param name="source">[V, ...].</param>
    /// <param name="rows">The rows.</param>
    public static TensorView Choose(TensorView source, IReadOnlyList<int> rows) => Make(source, rows.Count, row => (source, rows[row]));

    /// <summary>A table whose rows come from a donor where it has them.</summary>
    /// <param name="own">[V, ...].</param>
    /// <param name="donor">[W, ...] of the same element type.</param>
    /// <param name="donorRows">For each row the donor's row, or -1.</param>
    /// <param name="unmatched">What the others become.</param>
    public static TensorView Match(TensorView own, TensorView donor, IReadOnlyList<int> donorRows, UnmatchedRows unmatched)
    {
        var filler = unmatched switch
        {
            UnmatchedRows.Zero => CheckpointTree.Computed(own.DType, [1, .. own.Shape.Skip(1)], (_, destination) => destination.Clear()).View,
            UnmatchedRows.Mean => Mean(donor),
            _ => null,
        };
        return Make(own, donorRows.Count, row => donorRows[row] >= 0 ? (donor, donorRows[row]) : filler is null ? (own, row) : (filler, 0));
    }

    private static TensorView Make(TensorView like, int rowCount, Func<int, (TensorView Table, int Row)> rowOf)
    {
        var width = like.ElementCount / like.Shape[0];
        var elementBytes = like.DType.ElementBytes();
        return CheckpointTree.Computed(like.DType, [rowCount, .. like.Shape.Skip(1)], (first, destination) =>
        {
            while (!destination.IsEmpty)
            {
                var (row, column) = Math.DivRem(first, width);
                var count = (int)Math.Min(width - column, destination.Length / elementBytes);
                var (table, source) = rowOf((int)row);
                table.CopyElements(destination[..(count * elementBytes)], source * width + column);
                destination = destination[(count * elementBytes)..];
                first += count;
            }
        }).View;
    }

    /// <summary>The mean of all rows, a table of one row; in double precision, rounded once. Computed when it is first needed, once.</summary>
    private static TensorView Mean(TensorView table)
    {
        var width = checked((int)(table.ElementCount / table.Shape[0]));
        var bytes = new Lazy<byte[]>(() =>
        {
            var (sum, row) = (new double[width], ArrayPool<double>.Shared.Rent(width));
            for (long r = 0; r < table.Shape[0]; r++)
            {
                table.CopyTo(row.AsSpan(0, width), r * width);
                System.Numerics.Tensors.TensorPrimitives.Add(sum, row.AsSpan(0, width), sum);
            }

            ArrayPool<double>.Shared.Return(row);
            System.Numerics.Tensors.TensorPrimitives.Divide(sum, (double)table.Shape[0], sum);
            var rounded = new byte[width * table.DType.ElementBytes()];
            FloatCast.Narrow(sum, table.DType, rounded);
            return rounded;
        });
        var elementBytes = table.DType.ElementBytes();
        return CheckpointTree.Computed(table.DType, [1, .. table.Shape.Skip(1)], (first, destination) => bytes.Value.AsSpan((int)first * elementBytes, destination.Length).CopyTo(destination)).View;
    }
}
