using System.Globalization;

namespace Galvani.Embeddings;

/// <summary>A range of components: <c>96</c> keeps the first 96, <c>10-19</c> the components 10 to 19, counted from 0.</summary>
/// <param name="First">The first component kept.</param>
/// <param name="Count">How many are kept.</param>
public readonly record struct DimensionRange(int First, int Count)
{
    /// <summary>Parses the forms <c>K</c> and <c>A-B</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="range">The range.</param>
    /// <returns>False where the text has neither form, or the range is empty.</returns>
    public static bool TryParse(string text, out DimensionRange range)
    {
        ArgumentNullException.ThrowIfNull(text);
        range = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            if (!Number(text, out var count) || count == 0)
                return false;
            range = new DimensionRange(0, count);
            return true;
        }

        if (!Number(text[..dash], out var first) || !Number(text[(dash + 1)..], out var last) || last < first)
            return false;
        range = new DimensionRange(first, last - first + 1);
        return true;
    }

    /// <summary>The components of a vector in the range, as a new vector.</summary>
    /// <param name="vector">[D].</param>
    /// <exception cref="ArgumentException">The vector is too short.</exception>
    public float[] Cut(ReadOnlySpan<float> vector)
    {
        if (First + (long)Count > vector.Length)
            throw new ArgumentException($"Components {First} to {First + (long)Count - 1} are asked for, the vectors have {vector.Length}.", nameof(vector));
        return vector.Slice(First, Count).ToArray();
    }

    private static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
