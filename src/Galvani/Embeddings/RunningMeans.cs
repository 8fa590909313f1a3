namespace Galvani.Embeddings;

/// <summary>
/// The means of the first 1, 2, ... rows of a table, summed in row order in double precision and rounded once. Made in blocks, when a row of one is first asked for, so that
/// memory follows the longest line and not their number. Safe for use by several threads.
/// </summary>
/// <param name="rowCount">The rows of the table.</param>
/// <param name="width">D.</param>
internal sealed class RunningMeans(int rowCount, int width)
{
    private const int BlockRows = 64;
    private readonly float[]?[] blocks = new float[]?[(rowCount + BlockRows - 1) / BlockRows];
    private readonly double[] sums = new double[width]; // of the rows of all finished blocks
    private readonly Lock building = new();
    private int finished; // blocks

    /// <summary>The mean of the first rows.</summary>
    /// <param name="table">[rowCount, D], always the same.</param>
    /// <param name="count">The number of rows, at least 1.</param>
    /// <returns>[D].</returns>
    public ReadOnlySpan<float> Of(ReadOnlySpan<float> table, int count)
    {
        var (number, row) = Math.DivRem(count - 1, BlockRows);
        var block = Volatile.Read(ref blocks[number]) ?? Build(table, number);
        return block.AsSpan(row * width, width);
    }

    private float[] Build(ReadOnlySpan<float> table, int number)
    {
        lock (building)
        {
            while (finished <= number)
            {
                Volatile.Write(ref blocks[finished], NextBlock(table, finished * BlockRows));
                finished++;
            }

            return blocks[number]!;
        }
    }

    private float[] NextBlock(ReadOnlySpan<float> table, int first)
    {
        var count = Math.Min(BlockRows, rowCount - first);
        var block = new float[count * width];
        for (var row = 0; row < count; row++)
        {
            var added = table.Slice((first + row) * width, width);
            for (var d = 0; d < width; d++)
            {
                sums[d] += added[d];
                block[row * width + d] = (float)(sums[d] / (first + row + 1));
            }
        }

        return block;
    }
}
