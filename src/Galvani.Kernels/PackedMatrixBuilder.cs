namespace Galvani.Kernels;

/// <summary>Packs a weight in single precision row by row. Not safe for use by several threads.</summary>
public sealed class PackedMatrixBuilder
{
    private readonly ProductWeightBuilder builder;

    /// <param name="outputWidth">N, the rows that will be added.</param>
    /// <param name="inputWidth">K.</param>
    /// <exception cref="OverflowException">The matrix has more elements than an array can hold.</exception>
    public PackedMatrixBuilder(int outputWidth, int inputWidth) => builder = new ProductWeightBuilder(outputWidth, inputWidth, ProductFormat.Single);

    /// <summary>Adds the weights of the next output.</summary>
    /// <param name="row">[K].</param>
    /// <exception cref="ArgumentException">The row has another length, or all rows are there already.</exception>
    public void Add(ReadOnlySpan<float> row) => builder.Add(row);

    /// <summary>The packed weight; the builder must not be used afterwards.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public PackedMatrix Build() => (PackedMatrix)builder.Build();
}
