namespace Galvani.Plots;

/// <summary>Checks of what figures are made from.</summary>
internal static class Check
{
    public static void SameLength(IReadOnlyList<LabelledVector> vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Count == 0)
            throw new ArgumentException("A figure needs one vector at least.", nameof(vectors));
        foreach (var vector in vectors)
        {
            if (vector.Values.Length != vectors[0].Values.Length || vector.Values.Length == 0)
                throw new ArgumentException($"'{vector.Label}' has {vector.Values.Length} components, the first vector {vectors[0].Values.Length}; expected the same number, at least 1.", nameof(vectors));
            Finite(vector.Values, vector.Label);
        }
    }

    /// <summary>Refuses a value that cannot be drawn and tells its index.</summary>
    public static void Finite(ReadOnlySpan<float> values, string what)
    {
        if (FirstNonFinite(values) is var index and >= 0)
            throw new ArgumentException($"{what} has {values[index]} at [{index}], which cannot be drawn.", nameof(values));
    }

    /// <summary>Refuses a value of a matrix that cannot be drawn and tells its row and column.</summary>
    public static void Finite(ReadOnlySpan<float> values, int columnCount, string what)
    {
        if (FirstNonFinite(values) is var index and >= 0)
            throw new ArgumentException($"{what} has {values[index]} in row {index / columnCount}, column {index % columnCount}, which cannot be drawn.", nameof(values));
    }

    private static int FirstNonFinite(ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                return i;
        }

        return -1;
    }
}
