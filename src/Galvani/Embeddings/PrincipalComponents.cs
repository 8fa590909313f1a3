namespace Galvani.Embeddings;

/// <summary>
/// Principal component analysis by orthogonal iteration on the covariance (Golub and Van Loan, 8.2.4), in double precision and from a fixed start, so
/// that the same vectors always give the same picture. Signs are chosen so that the largest component of a direction is positive.
/// </summary>
public static class PrincipalComponents
{
    private const int MaximumIterations = 500;
    private const double Tolerance = 1e-10;

    /// <summary>Projects vectors onto their first principal directions.</summary>
    /// <param name="vectors">N vectors of one length D, N at least 2.</param>
    /// <param name="count">The number of directions, 1 to D.</param>
    /// <returns>[N, count] coordinates, and the share of the variance that each direction explains.</returns>
    /// <exception cref="ArgumentException">There are fewer than two vectors, or lengths differ.</exception>
    public static (double[,] Coordinates, double[] ExplainedVariance) Project(IReadOnlyList<float[]> vectors, int count)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Count < 2)
            throw new ArgumentException($"A projection needs two vectors at least, there are {vectors.Count}.", nameof(vectors));
        var width = vectors[0].Length;
        if (vectors.Any(vector => vector.Length != width))
            throw new ArgumentException("The vectors have different lengths.", nameof(vectors));
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, width);
        var centered = Center(vectors, width);
        var covariance = Covariance(centered, width);
        var directions = Iterate(covariance, width, count);
        return (Coordinates(centered, directions), Explained(covariance, directions, width));
    }

    private static double[][] Center(IReadOnlyList<float[]> vectors, int width)
    {
        var mean = new double[width];
        foreach (var vector in vectors)
        {
            for (var d = 0; d < width; d++)
                mean[d] += vector[d] / (double)vectors.Count;
        }

        return [.. vectors.Select(vector => vector.Select((value, d) => value - mean[d]).ToArray())];
    }

    private static double[][] Covariance(double[][] centered, int width)
    {
        var covariance = new double[width][];
        for (var i = 0; i < width; i++)
            covariance[i] = new double[width];
        foreach (var row in centered)
        {
            for (var i = 0; i < width; i++)
            {
                var scaled = row[i] / (centered.Length - 1);
                for (var j = 0; j < width; j++)
                    covariance[i][j] += scaled * row[j];
            }
        }

        return covariance;
    }

    private static double[][] Iterate(double[][] covariance, int width, int count)
    {
        var directions = new double[count][];
        for (var c = 0; c < count; c++)
            directions[c] = [.. Enumerable.Range(0, width).Select(d => Math.Cos((c + 1) * (d + 1)))];
        Orthonormalize(directions);
        for (var iteration = 0; iteration < MaximumIterations; iteration++)
        {
            var next = directions.Select(direction => Multiply(covariance, direction)).ToArray();
            Orthonormalize(next);
            var change = 0.0;
            for (var c = 0; c < count; c++)
                change = Math.Max(change, 1 - Math.Abs(Dot(next[c], directions[c])));
            directions = next;
            if (change < Tolerance)
                break;
        }

        foreach (var direction in directions)
        {
            if (direction.MaxBy(Math.Abs) < 0)
                Scale(direction, -1);
        }

        return directions;
    }

    private static void Orthonormalize(double[][] directions)
    {
        for (var c = 0; c < directions.Length; c++)
        {
            for (var earlier = 0; earlier < c; earlier++)
            {
                var share = Dot(directions[c], directions[earlier]);
                for (var d = 0; d < directions[c].Length; d++)
                    directions[c][d] -= share * directions[earlier][d];
            }

            var norm = Math.Sqrt(Dot(directions[c], directions[c]));
            if (norm > 0)
                Scale(directions[c], 1 / norm);
        }
    }

    private static double[,] Coordinates(double[][] centered, double[][] directions)
    {
        var coordinates = new double[centered.Length, directions.Length];
        for (var row = 0; row < centered.Length; row++)
        {
            for (var c = 0; c < directions.Length; c++)
                coordinates[row, c] = Dot(centered[row], directions[c]);
        }

        return coordinates;
    }

    private static double[] Explained(double[][] covariance, double[][] directions, int width)
    {
        var total = 0.0;
        for (var d = 0; d < width; d++)
            total += covariance[d][d];
        return [.. directions.Select(direction => total > 0 ? Dot(direction, Multiply(covariance, direction)) / total : 0)];
    }

    private static double[] Multiply(double[][] matrix, double[] vector) => [.. matrix.Select(row => Dot(row, vector))];

    private static double Dot(double[] left, double[] right) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(left, right);

    private static void Scale(double[] vector, double factor)
    {
        for (var d = 0; d < vector.Length; d++)
            vector[d] *= factor;
    }
}
