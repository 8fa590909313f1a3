namespace Galvani.Kernels;

/// <summary>Packs a weight row by row, so that several weights can be stacked and none need lie in memory whole. Not safe for use by several threads.</summary>
public sealed class PackedMatrixBuilder
{
    private readonly PackedMatrix matrix;
    private int rowCount;

    /// <param name="outputWidth">N, the rows that will be added.</param>
    /// <param name="inputWidth">K.</param>
    /// <exception cref="OverflowException">The matrix has more elements than an array can hold.</exception>
    public PackedMatrixBuilder(int outputWidth, int inputWidth) => matrix = new PackedMatrix(outputWidth, inputWidth);

    /// <summary>Adds the weights of the next output.</summary>
    /// <param name="row">[K].</param>
    /// <exception cref="ArgumentException">The row has another length, or all rows are there already.</exception>
    public void Add(ReadOnlySpan<float> row)
    {
        if (row.Length != matrix.InputWidth || rowCount == matrix.OutputWidth)
            throw new ArgumentException($"Row {rowCount} of {row.Length} elements does not fit [{matrix.OutputWidth}, {matrix.InputWidth}].", nameof(row));
        matrix.SetRow(rowCount++, row);
    }

    /// <summary>The packed weight; the builder must not be used afterwards.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public PackedMatrix Build() =>
        rowCount == matrix.OutputWidth ? matrix : throw new InvalidOperationException($"{rowCount} of {matrix.OutputWidth} rows were added.");
}
