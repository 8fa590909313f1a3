using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Operations;

/// <summary>The Euclidean norm of a row of a tensor.</summary>
/// <param name="Row">The index along the first dimension.</param>
/// <param name="Norm">The norm.</param>
public readonly record struct RowNorm(long Row, double Norm);

/// <content>Norms of rows.</content>
public sealed partial record TensorStatistics
{
    private const int PartRows = 1 << 12;

    /// <summary>The Euclidean norm of each row of the first dimension.</summary>
    /// <param name="view">A tensor of rank 1 at least.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="ArgumentException">The tensor is a scalar, or has more rows than an array can hold.</exception>
    public static double[] RowNorms(TensorView view, CancellationToken cancellationToken = default)
    {
        RequireRows(view);
        if (view.Shape[0] > Array.MaxLength)
            throw new ArgumentException($"The tensor has {view.Shape[0]} rows, more than an array can hold.", nameof(view));
        var norms = new double[view.Shape[0]];
        var reader = new RowNormReader(view);
        for (var row = 0; row < norms.Length; row += PartRows)
            reader.Read(row, norms.AsSpan(row, Math.Min(PartRows, norms.Length - row)), cancellationToken);
        return norms;
    }

    /// <summary>The rows of the first dimension with the least and the greatest Euclidean norms, by norm and among equal ones by row; NaN counts as less than every number. Takes no memory that grows with the rows.</summary>
    /// <param name="view">A tensor of rank 1 at least.</param>
    /// <param name="count">How many of each kind; where there are no more than both kinds together, all rows are given, once.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="ArgumentException">The tensor is a scalar.</exception>
    public static IReadOnlyList<RowNorm> ExtremeRows(TensorView view, int count, CancellationToken cancellationToken = default)
    {
        RequireRows(view);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var rowCount = view.Shape[0];
        var extremes = new RowExtremes(count);
        var reader = new RowNormReader(view);
        if (rowCount > 2L * count && (view.Strides[0] == 0 || view.ElementCount == 0))
        {
            // All rows are one row: the first and the last ones are the extremes.
            var same = new double[count];
            reader.Read(firstRow: 0, same.AsSpan(0, 1), cancellationToken);
            same.AsSpan().Fill(same[0]);
            extremes.Add(firstRow: 0, same);
            extremes.Add(rowCount - count, same);
            return extremes.Result();
        }

        var norms = new double[Math.Min(PartRows, rowCount)];
        for (long row = 0; row < rowCount; row += norms.Length)
        {
            var part = norms.AsSpan(0, (int)Math.Min(norms.Length, rowCount - row));
            reader.Read(row, part, cancellationToken);
            extremes.Add(row, part);
        }

        return extremes.Result();
    }

    private static void RequireRows(TensorView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Rank == 0)
            throw new ArgumentException("A scalar has no rows.", nameof(view));
    }
}
