namespace Galvani.Kernels;

/// <summary>Packs a weight row by row, so that several weights can be stacked and none need lie in memory whole. Not safe for use by several threads.</summary>
public sealed class ProductWeightBuilder
{
    private readonly ProductWeight weight;
    private int rowCount;

    /// <param name="outputWidth">N, the rows that will be added.</param>
    /// <param name="inputWidth">K.</param>
    /// <param name="format">How to hold the weight.</param>
    /// <exception cref="ArgumentOutOfRangeException">The format is none.</exception>
    /// <exception cref="OverflowException">The matrix has more elements than an array can hold.</exception>
    public ProductWeightBuilder(int outputWidth, int inputWidth, ProductFormat format) => weight = format switch
    {
        ProductFormat.Single => new PackedMatrix(outputWidth, inputWidth),
        ProductFormat.Int8 or ProductFormat.Int8Exact => new QuantizedMatrix(outputWidth, inputWidth, format),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "This is no format of a weight."),
    };

    /// <summary>Adds the weights of the next output.</summary>
    /// <param name="row">[K].</param>
    /// <exception cref="ArgumentException">The row has another length, or all rows are there already.</exception>
    public void Add(ReadOnlySpan<float> row)
    {
        if (row.Length != weight.InputWidth || rowCount == weight.OutputWidth)
            throw new ArgumentException($"Row {rowCount} of {row.Length} elements does not fit [{weight.OutputWidth}, {weight.InputWidth}].", nameof(row));
        weight.SetRow(rowCount++, row);
    }

    /// <summary>The packed weight; the builder must not be used afterwards.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public ProductWeight Build() =>
        rowCount == weight.OutputWidth ? weight : throw new InvalidOperationException($"{rowCount} of {weight.OutputWidth} rows were added.");
}
