using Galvani.Kernels;

namespace Galvani.Embeddings;

/// <summary>How alike vectors are.</summary>
public static class Similarity
{
    /// <summary>The cosine of the angle between two vectors, computed in double precision; 0 where one of them is zero.</summary>
    /// <param name="left">[D].</param>
    /// <param name="right">[D].</param>
    /// <returns>From -1 to 1.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Cosine(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (left.Length != right.Length)
            throw new ArgumentException($"The vectors have {left.Length} and {right.Length} components.", nameof(right));
        var product = Reductions.Dot(left, right);
        var norms = Math.Sqrt(Reductions.Dot(left, left)) * Math.Sqrt(Reductions.Dot(right, right));
        return norms == 0 ? 0 : Math.Clamp(product / norms, -1, 1);
    }

    /// <summary>The cosines of all pairs.</summary>
    /// <param name="vectors">N vectors of one length.</param>
    /// <returns>[N, N], symmetric.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double[,] Matrix(IReadOnlyList<float[]> vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        var matrix = new double[vectors.Count, vectors.Count];
        for (var i = 0; i < vectors.Count; i++)
        {
            for (var j = i; j < vectors.Count; j++)
                matrix[i, j] = matrix[j, i] = Cosine(vectors[i], vectors[j]);
        }

        return matrix;
    }

    /// <summary>The order of candidates by their cosine with a query, highest first; equal ones by index.</summary>
    /// <param name="query">[D].</param>
    /// <param name="candidates">Vectors of the same length.</param>
    /// <returns>Index and cosine, best first.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static IReadOnlyList<(int Index, double Cosine)> Rank(float[] query, IReadOnlyList<float[]> candidates)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(candidates);
        var ranked = new List<(int Index, double Cosine)>(candidates.Count);
        for (var i = 0; i < candidates.Count; i++)
            ranked.Add((i, Cosine(query, candidates[i])));
        ranked.Sort((left, right) => left.Cosine != right.Cosine ? right.Cosine.CompareTo(left.Cosine) : left.Index.CompareTo(right.Index));
        return ranked;
    }
}
