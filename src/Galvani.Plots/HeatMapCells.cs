namespace Galvani.Plots;

/// <summary>
/// A matrix as the drawing library takes it: an image that is stretched over the data's area. Each cell fills several pixels of it, since programs that show an SVG file blur a stretched image's
/// pixels into each other; nor does the library show an image of one row or column.
/// </summary>
internal static class HeatMapCells
{
    private const int Sharp = 600;

    /// <summary>The image's pixels, row-major.</summary>
    /// <param name="rowCount">The rows of the matrix.</param>
    /// <param name="columnCount">The columns of the matrix.</param>
    /// <param name="cell">Row and column to value.</param>
    public static double[,] Create(int rowCount, int columnCount, Func<int, int, double> cell)
    {
        var (height, width) = (Math.Max(1, Sharp / rowCount), Math.Max(1, Sharp / columnCount));
        var pixels = new double[rowCount * height, columnCount * width];
        for (var row = 0; row < pixels.GetLength(0); row++)
        {
            for (var column = 0; column < pixels.GetLength(1); column++)
                pixels[row, column] = cell(row / height, column / width);
        }

        return pixels;
    }
}
