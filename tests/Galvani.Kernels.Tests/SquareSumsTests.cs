namespace Galvani.Kernels.Tests;

/// <summary>Sums of squares, bit by bit those of adding one after the other.</summary>
public sealed class SquareSumsTests
{
    private static readonly double[] Squares = [.. Enumerable.Range(0, ValueCounts.ByteValues).Select(value => Math.Sqrt(value + 0.1))];

    [Fact]
    public void AddRows_EveryNumberOfRowsAndLength_AddsInOrder()
    {
        var random = new Random(1);
        for (var rowCount = 1; rowCount <= 9; rowCount++)
        {
            for (var width = 0; width <= 257; width++)
            {
                var bytes = new byte[rowCount * width];
                random.NextBytes(bytes);
                var numbers = Array.ConvertAll(bytes, _ => random.NextSingle() - 0.5f);
                var start = Enumerable.Range(0, rowCount).Select(_ => random.NextDouble()).ToArray();
                var (byteSums, numberSums) = ((double[])start.Clone(), (double[])start.Clone());
                SquareSums.AddRows(bytes, Squares, byteSums);
                SquareSums.AddRows(numbers, numberSums);
                for (var row = 0; row < rowCount; row++)
                {
                    Assert.Equal(bytes[(row * width)..((row + 1) * width)].Aggregate(start[row], (sum, value) => sum + Squares[value]), byteSums[row]);
                    Assert.Equal(numbers[(row * width)..((row + 1) * width)].Aggregate(start[row], (sum, value) => sum + (double)value * value), numberSums[row]);
                }
            }
        }
    }

    [Fact]
    public void AddColumn_EveryNumberOfRows_AddsToEach()
    {
        var random = new Random(2);
        for (var rowCount = 0; rowCount <= 257; rowCount++)
        {
            var bytes = new byte[rowCount];
            random.NextBytes(bytes);
            var numbers = Array.ConvertAll(bytes, _ => random.NextSingle() - 0.5f);
            var start = Array.ConvertAll(bytes, _ => random.NextDouble());
            var (byteSums, numberSums) = ((double[])start.Clone(), (double[])start.Clone());
            SquareSums.AddColumn(bytes, Squares, byteSums);
            SquareSums.AddColumn(numbers, numberSums);
            Assert.Equal(start.Select((sum, row) => sum + Squares[bytes[row]]), byteSums);
            Assert.Equal(start.Select((sum, row) => sum + (double)numbers[row] * numbers[row]), numberSums);
        }
    }

    [Fact]
    public void Add_LengthsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => SquareSums.AddRows(new byte[5], Squares, new double[2]));
        Assert.Throws<ArgumentException>(() => SquareSums.AddRows(new byte[5], Squares, []));
        Assert.Throws<ArgumentException>(() => SquareSums.AddRows(new byte[4], new double[255], new double[2]));
        Assert.Throws<ArgumentException>(() => SquareSums.AddRows(new float[5], new double[2]));
        Assert.Throws<ArgumentException>(() => SquareSums.AddColumn(new byte[3], Squares, new double[2]));
        Assert.Throws<ArgumentException>(() => SquareSums.AddColumn(new byte[2], new double[257], new double[2]));
        Assert.Throws<ArgumentException>(() => SquareSums.AddColumn(new float[3], new double[2]));
    }
}
