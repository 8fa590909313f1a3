using System.Globalization;

namespace Galvani.Plots;

/// <summary>The size of a figure in pixels.</summary>
/// <param name="Width">400 to 10000.</param>
/// <param name="Height">300 to 10000.</param>
public readonly record struct FigureSize(int Width, int Height)
{
    private const int Narrowest = 400;
    private const int Lowest = 300;
    private const int Largest = 10_000;

    /// <summary>The sizes that can be drawn, in words.</summary>
    public static string Range { get; } = string.Create(CultureInfo.InvariantCulture, $"{Narrowest}x{Lowest} to {Largest}x{Largest}");

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

    internal bool IsValid => Width is >= Narrowest and <= Largest && Height is >= Lowest and <= Largest;
}
