using System.Buffers;
using System.Numerics.Tensors;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Operations;

/// <summary>
/// A matrix plus a scaled product of two thin ones (low-rank adaptation, Hu et al. 2021), computed while it is written: in double precision, in order of the rank,
/// rounded once to the matrix's type.
/// </summary>
public sealed class LowRankSum
{
    private readonly TensorView matrix;
    private readonly double[] left; // [rows, rank], scaled
    private readonly double[] right; // [rank, columns]
    private readonly int rank;
    private readonly int columnCount;
    private readonly Action<long>? overflowed;

    private LowRankSum(TensorView matrix, double[] left, double[] right, int rank, Action<long>? overflowed) =>
        (this.matrix, this.left, this.right, this.rank, columnCount, this.overflowed) = (matrix, left, right, rank, (int)matrix.Shape[1], overflowed);

    /// <summary>Makes the elements of matrix + scale · left · right.</summary>
    /// <param name="matrix">[rows, columns].</param>
    /// <param name="left">[rows, rank].</param>
    /// <param name="right">[rank, columns].</param>
    /// <param name="scale">The factor of the product.</param>
    /// <param name="overflowed">Receives, part by part as elements are made, how many finite sums became infinite in the matrix's type; may be null.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static ElementContent Of(TensorView matrix, TensorView left, TensorView right, double scale, Action<long>? overflowed = null) =>
        Create(matrix, new Factors(ToDoubles(left), Shape(left), ToDoubles(right), Shape(right)), scale, overflowed).Fill;

    /// <summary>Makes the elements of matrix + scale · (left · right)ᵀ.</summary>
    /// <param name="matrix">[rows, columns].</param>
    /// <param name="left">[columns, rank].</param>
    /// <param name="right">[rank, rows].</param>
    /// <param name="scale">The factor of the product.</param>
    /// <param name="overflowed">As of <see cref="Of"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static ElementContent OfTransposed(TensorView matrix, TensorView left, TensorView right, double scale, Action<long>? overflowed = null) =>
        Create(matrix, new Factors(Transpose(right), Shape(right).Swap(), Transpose(left), Shape(left).Swap()), scale, overflowed).Fill;

    private static LowRankSum Create(TensorView matrix, Factors factors, double scale, Action<long>? overflowed)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var shape = Shape(matrix);
        if (factors.LeftShape != new MatrixShape(shape.Rows, factors.RightShape.Rows) || factors.RightShape.Columns != shape.Columns)
            throw new ArgumentException($"A matrix {shape} does not take the product of {factors.LeftShape} and {factors.RightShape}.", nameof(matrix));
        TensorPrimitives.Multiply(factors.Left, scale, factors.Left);
        return new LowRankSum(matrix, factors.Left, factors.Right, factors.RightShape.Rows, overflowed);
    }

    private void Fill(long firstElement, Span<byte> destination)
    {
        var elementBytes = matrix.DType.ElementBytes();
        var sum = ArrayPool<double>.Shared.Rent(columnCount);
        while (!destination.IsEmpty)
        {
            var (row, column) = ((int)(firstElement / columnCount), (int)(firstElement % columnCount));
            var count = Math.Min(columnCount - column, destination.Length / elementBytes);
            var part = sum.AsSpan(0, count);
            matrix.CopyTo(part, firstElement);
            for (var k = 0; k < rank; k++)
                TensorPrimitives.MultiplyAdd(right.AsSpan(k * columnCount + column, count), left[row * rank + k], part, part);
            var lost = FloatCast.Narrow(part, matrix.DType, destination[..(count * elementBytes)]);
            if (lost > 0)
                overflowed?.Invoke(lost);
            destination = destination[(count * elementBytes)..];
            firstElement += count;
        }

        ArrayPool<double>.Shared.Return(sum);
    }

    private static MatrixShape Shape(TensorView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.Rank != 2 || view.Shape.Any(size => size is < 1 or > int.MaxValue))
            throw new ArgumentException($"A tensor of shape [{string.Join(", ", view.Shape)}] is no matrix.", nameof(view));
        return new MatrixShape((int)view.Shape[0], (int)view.Shape[1]);
    }

    private static double[] ToDoubles(TensorView view)
    {
        var numbers = new double[view.ElementCount];
        view.CopyTo(numbers);
        return numbers;
    }

    private static double[] Transpose(TensorView view)
    {
        var (shape, numbers) = (Shape(view), ToDoubles(view));
        var result = new double[numbers.Length];
        for (var row = 0; row < shape.Rows; row++)
        {
            for (var column = 0; column < shape.Columns; column++)
                result[column * shape.Rows + row] = numbers[row * shape.Columns + column];
        }

        return result;
    }

    private readonly record struct Factors(double[] Left, MatrixShape LeftShape, double[] Right, MatrixShape RightShape);

    private readonly record struct MatrixShape(int Rows, int Columns)
    {
        public MatrixShape Swap() => new(Columns, Rows);

        public override string ToString() => FormattableString.Invariant($"[{Rows}, {Columns}]");
    }
}
