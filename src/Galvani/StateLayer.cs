using System.Globalization;

namespace Galvani;

/// <summary>Which states of a model are taken as a token's vector.</summary>
public readonly record struct StateLayer
{
    private const int StaticNumber = -1;
    private const int LastNumber = -2;
    private readonly int encoded;

    private StateLayer(int number) => encoded = number + 1; // default is Static

    /// <summary>The token vectors, before any layer: nothing of the sentence but the position is in them.</summary>
    public static StateLayer Static { get; } = new(StaticNumber);

    /// <summary>What the encoder hands to the decoder: the last layer's output after the final norm. In a language model the decoder's.</summary>
    public static StateLayer Last { get; } = new(LastNumber);

    /// <summary>The number of a layer; null for <see cref="Static"/> and <see cref="Last"/>.</summary>
    public int? Number => encoded > 0 ? encoded - 1 : null;

    /// <summary>The output of a layer, before any norm that follows.</summary>
    /// <param name="number">0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static StateLayer Of(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return new StateLayer(number);
    }

    /// <summary>Reads <c>static</c>, <c>last</c> or a layer's number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>False where the text is none of these.</returns>
    public static bool TryParse(string? text, out StateLayer layer)
    {
        layer = text == "last" ? Last : Static;
        if (text is "last" or "static")
            return true;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        layer = Of(number);
        return true;
    }

    /// <summary><c>static</c>, <c>last</c> or the number.</summary>
    public override string ToString() => Number?.ToString(CultureInfo.InvariantCulture) ?? (this == Last ? "last" : "static");
}
