using System.Globalization;

namespace Galvani.Models.OpenNmt;

/// <summary>Layers of a side, in an order, as <c>encoder:0-2</c> or <c>decoder:5,3-4</c> writes them.</summary>
/// <param name="Side">The side.</param>
/// <param name="Layers">The layers, 0-based; a layer may occur more than once.</param>
public sealed record LayerRange(ModelSide Side, IReadOnlyList<int> Layers)
{
    private const int MostLayers = 10_000;

    /// <summary>Reads a range with its side.</summary>
    /// <param name="text">Such as <c>encoder:0-2,5</c>.</param>
    /// <exception cref="FormatException">The text is no range.</exception>
    public static LayerRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        ModelSide? side = colon < 0 ? null : text[..colon] switch
        {
            "encoder" => ModelSide.Encoder,
            "decoder" => ModelSide.Decoder,
            _ => null,
        };
        return side is { } known
            ? new LayerRange(known, ParseLayers(text[(colon + 1)..]))
            : throw new FormatException($"'{text}' are no layers, expected a side and layers such as encoder:0-2 or decoder:0,3.");
    }

    /// <summary>Reads layers without a side.</summary>
    /// <param name="text">Such as <c>0-2,5</c>.</param>
    /// <exception cref="FormatException">The text is no range.</exception>
    public static IReadOnlyList<int> ParseLayers(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var layers = new List<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !TryParse(ends[0], out var first) || !TryParse(ends[^1], out var last))
                throw new FormatException($"'{text}' are no layers, expected numbers and ranges such as 0-2,5.");
            if (first > last || layers.Count + last - first >= MostLayers)
                throw new FormatException($"'{part}' is no range of layers, expected the lower number first and fewer than {MostLayers} layers.");
            layers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return layers;
    }

    /// <summary>The side's name and the layers: <c>encoder:0-2</c> is <c>encoder:0,1,2</c>.</summary>
    public override string ToString() => $"{SideName(Side)}:{string.Join(',', Layers)}";

    internal static string SideName(ModelSide side) => side == ModelSide.Encoder ? "encoder" : "decoder";

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < MostLayers;
}
