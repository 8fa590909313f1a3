using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Tests.Operations;

/// <summary>Low-rank sums against the definition.</summary>
public sealed class LowRankSumTests
{
    private const int Rows = 5;
    private const int Columns = 7;
    private const int Rank = 3;
    private const double Scale = 0.75;

    private static readonly Random Random = new(11);
    private static readonly float[] Matrix = Numbers(Rows * Columns);
    private static readonly float[] Left = Numbers(Rows * Rank);
    private static readonly float[] Right = Numbers(Rank * Columns);

    [Fact]
    public void Of_Factors_AddsTheirProduct()
    {
        var actual = CheckpointTree.Computed(DType.Float32, [Rows, Columns], LowRankSum.Of(View(Matrix, Rows, Columns), View(Left, Rows, Rank), View(Right, Rank, Columns), Scale)).View.ToSingles();
        AssertSum(actual);
    }

    [Fact]
    public void OfTransposed_FactorsOfTheTranspose_AddsTheSame()
    {
        var content = LowRankSum.OfTransposed(View(Matrix, Rows, Columns), View(Transpose(Right, Rank, Columns), Columns, Rank), View(Transpose(Left, Rows, Rank), Rank, Rows), Scale);
        AssertSum(CheckpointTree.Computed(DType.Float32, [Rows, Columns], content).View.ToSingles());
    }

    [Fact]
    public void Of_PartAcrossRows_IsThePartOfTheWhole()
    {
        var content = LowRankSum.Of(View(Matrix, Rows, Columns), View(Left, Rows, Rank), View(Right, Rank, Columns), Scale);
        var (whole, part) = (new byte[Rows * Columns * 4], new byte[15 * 4]);
        content(0, whole);
        content(5, part);
        Assert.Equal(whole[20..80], part);
    }

    [Fact]
    public void Of_ShapesThatDoNotFit_NamesThem()
    {
        var exception = Assert.Throws<ArgumentException>(() => LowRankSum.Of(View(Matrix, Rows, Columns), View(Left, Rows, Rank), View(Right, Columns, Rank), Scale));
        Assert.Contains("[5, 7]", exception.Message, StringComparison.Ordinal);
        Assert.Contains("[7, 3]", exception.Message, StringComparison.Ordinal);
    }

    private static void AssertSum(float[] actual)
    {
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                double sum = Matrix[row * Columns + column];
                for (var k = 0; k < Rank; k++)
                    sum += Scale * Left[row * Rank + k] * Right[k * Columns + column];
                Assert.Equal((float)sum, actual[row * Columns + column]);
            }
        }
    }

    private static float[] Transpose(float[] numbers, int rows, int columns) =>
        [.. from column in Enumerable.Range(0, columns) from row in Enumerable.Range(0, rows) select numbers[row * columns + column]];

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(Random.NextDouble() - 0.5))];

    private static TensorView View(float[] numbers, int rows, int columns) => CheckpointTree.Tensor(numbers, rows, columns).View;
}
