namespace Galvani.Embeddings;

/// <summary>Many vectors to one, and what is done to one before it is compared.</summary>
public static class Pooling
{
    /// <summary>The mean of rows, each component summed in row order in double precision.</summary>
    /// <param name="rows">[S, D], row-major, S at least 1.</param>
    /// <param name="width">D.</param>
    /// <returns>[D].</returns>
    /// <exception cref="ArgumentException">There is no row, or the length is no multiple of the width.</exception>
    public static float[] Mean(ReadOnlySpan<float> rows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (rows.IsEmpty || rows.Length % width != 0)
            throw new ArgumentException($"{rows.Length} numbers are no rows of {width}.", nameof(rows));
        var mean = new WeightedMean(width);
        mean.AddRows(rows);
        return mean.ToArray();
    }

    /// <summary>Subtracts a vector's own mean from each of its components, in place.</summary>
    /// <param name="vector">[D]; nothing happens to an empty one.</param>
    public static void Center(Span<float> vector)
    {
        if (vector.IsEmpty)
            return;
        var sum = 0.0;
        foreach (var value in vector)
            sum += value;
        var mean = sum / vector.Length;
        foreach (ref var value in vector)
            value = (float)(value - mean);
    }
}
