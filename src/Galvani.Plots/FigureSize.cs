using System.Globalization;

namespace Galvani.Plots;

/// <summary>The size of a figure in pixels.</summary>
/// <param name="Width">200 to 10000.</param>
/// <param name="Height">150 to 10000.</param>
public readonly record struct FigureSize(int Width, int Height)
{
    private const int Largest = 10_000;

    /// <summary>1200 x 700.</summary>
    public static FigureSize Default { get; } = new(1200, 700);

    /// <summary>Parses the form <c>1200x700</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">The size.</param>
    /// <returns>False where the text has another form, or a side is out of range.</returns>
    public static bool TryParse(string text, out FigureSize size)
    {
        ArgumentNullException.ThrowIfNull(text);
        size = default;
        var parts = text.Split('x');
        if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var width) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var height))
            return false;
        size = new FigureSize(width, height);
        return size.IsValid;
    }

    internal bool IsValid => Width is >= 200 and <= Largest && Height is >= 150 and <= Largest;
}
