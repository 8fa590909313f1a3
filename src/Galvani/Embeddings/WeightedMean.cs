using Galvani.Kernels;

namespace Galvani.Embeddings;

/// <summary>The mean of vectors that come one by one and are not kept, each component summed in their order in double precision. For one thread at a time.</summary>
public sealed class WeightedMean
{
    private readonly double[] sums; // [D]

    /// <param name="width">D.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive.</exception>
    public WeightedMean(int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        sums = new double[width];
    }

    /// <summary>The sum of the weights so far.</summary>
    public long Weight { get; private set; }

    /// <summary>Takes a vector.</summary>
    /// <param name="vector">[D].</param>
    /// <param name="weight">How often it counts, at least 1.</param>
    /// <exception cref="ArgumentException">The vector has another width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not positive.</exception>
    public void Add(ReadOnlySpan<float> vector, int weight)
    {
        if (vector.Length != sums.Length)
            throw new ArgumentException($"The vector has {vector.Length} components, expected {sums.Length}.", nameof(vector));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(weight);
        Reductions.AddWeighted(vector, weight, sums);
        Weight += weight;
    }

    /// <summary>Takes rows, each of which counts once.</summary>
    /// <param name="rows">[S, D], row-major; may be empty.</param>
    /// <exception cref="ArgumentException">The length is no multiple of the width.</exception>
    public void AddRows(ReadOnlySpan<float> rows)
    {
        if (rows.Length % sums.Length != 0)
            throw new ArgumentException($"{rows.Length} numbers are no rows of {sums.Length}.", nameof(rows));
        for (var start = 0; start < rows.Length; start += sums.Length)
            Reductions.AddWeighted(rows.Slice(start, sums.Length), weight: 1, sums);

        Weight += rows.Length / sums.Length;
    }

    /// <summary>Takes the means of parts of equal length, columns of which are as wide as this is, as <see cref="EmbeddingMean.AddMeans"/> makes them, each counting as often as it has rows.</summary>
    /// <exception cref="ArgumentException">The means have another width.</exception>
    internal void AddMeans(ReadOnlySpan<float> table, int tableWidth, ReadOnlySpan<int> ids, int partLength, float scale, ReadOnlySpan<float> position, int firstColumn, int width)
    {
        if (width != sums.Length)
            throw new ArgumentException($"The vectors have {width} components, expected {sums.Length}.", nameof(width));
        EmbeddingMean.AddMeans(table, tableWidth, ids, partLength, scale, position, firstColumn, sums);
        Weight += ids.Length;
    }

    /// <summary>The mean of what was taken.</summary>
    /// <param name="mean">[D], overwritten.</param>
    /// <exception cref="ArgumentException">The destination has another width.</exception>
    /// <exception cref="InvalidOperationException">Nothing was taken.</exception>
    public void CopyTo(Span<float> mean)
    {
        if (mean.Length != sums.Length)
            throw new ArgumentException($"The destination has {mean.Length} components, expected {sums.Length}.", nameof(mean));
        if (Weight == 0)
            throw new InvalidOperationException("There is no vector, so there is no mean.");
        for (var d = 0; d < sums.Length; d++)
            mean[d] = (float)(sums[d] / Weight);
    }

    /// <summary>The mean of what was taken.</summary>
    /// <returns>[D].</returns>
    /// <exception cref="InvalidOperationException">Nothing was taken.</exception>
    public float[] ToArray()
    {
        var mean = new float[sums.Length];
        CopyTo(mean);
        return mean;
    }
}
