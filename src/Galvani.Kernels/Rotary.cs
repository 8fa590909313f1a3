namespace Galvani.Kernels;

/// <summary>Rotation of pairs of components by an angle of their own (Su et al. 2021), in place: (a, b) becomes (a cos - b sin, b cos + a sin).</summary>
public static class Rotary
{
    /// <summary>Rotates component i of each head with component i + P.</summary>
    /// <param name="row">[H, K]; components from 2 P on stay as they are.</param>
    /// <param name="headWidth">K.</param>
    /// <param name="cosines">[P], of the row's position.</param>
    /// <param name="sines">[P].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RotateHalves(Span<float> row, int headWidth, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        Check(row, headWidth, cosines, sines);
        for (var start = 0; start < row.Length; start += headWidth)
        {
            var first = row.Slice(start, cosines.Length);
            var second = row.Slice(start + cosines.Length, cosines.Length);
            for (var i = 0; i < cosines.Length; i++)
                (first[i], second[i]) = (first[i] * cosines[i] - second[i] * sines[i], second[i] * cosines[i] + first[i] * sines[i]);
        }
    }

    /// <summary>Rotates component 2i of each head with component 2i + 1.</summary>
    /// <param name="row">[H, K]; components from 2 P on stay as they are.</param>
    /// <param name="headWidth">K.</param>
    /// <param name="cosines">[P], of the row's position.</param>
    /// <param name="sines">[P].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RotateNeighbours(Span<float> row, int headWidth, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        Check(row, headWidth, cosines, sines);
        for (var start = 0; start < row.Length; start += headWidth)
        {
            var head = row.Slice(start, 2 * cosines.Length);
            for (var i = 0; i < cosines.Length; i++)
            {
                var (a, b) = (head[2 * i], head[2 * i + 1]);
                (head[2 * i], head[2 * i + 1]) = (a * cosines[i] - b * sines[i], b * cosines[i] + a * sines[i]);
            }
        }
    }

    private static void Check(ReadOnlySpan<float> row, int headWidth, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        if (headWidth <= 0 || row.Length % headWidth != 0)
            throw new ArgumentException($"A row of {row.Length} elements is no heads of {headWidth}.", nameof(row));
        if (cosines.Length != sines.Length || 2L * cosines.Length > headWidth)
            throw new ArgumentException($"{cosines.Length} cosines and {sines.Length} sines do not fit heads of {headWidth}.", nameof(sines));
    }
}
