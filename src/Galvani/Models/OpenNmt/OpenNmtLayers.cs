namespace Galvani.Models.OpenNmt;

/// <summary>The layers of a side, by the names of their tensors.</summary>
internal static class OpenNmtLayers
{
    /// <summary>The beginning of the names of a side's layers.</summary>
    public static string Prefix(ModelSide side) => side == ModelSide.Encoder ? OpenNmtNames.EncoderLayers : OpenNmtNames.DecoderLayers;

    /// <summary>Whether a name is of a layer of a side.</summary>
    public static bool IsOf(string name, ModelSide side) => OpenNmtNames.TryParseLayer(name, Prefix(side), out _, out _);

    /// <summary>The number of layers: one more than the highest.</summary>
    /// <exception cref="WeightMismatchException">The highest is beyond the number of tensors, so that most layers have none.</exception>
    public static int Count(IEnumerable<string> names, ModelSide side)
    {
        var (highest, tensorCount) = (-1, 0);
        foreach (var name in names)
        {
            tensorCount++;
            if (OpenNmtNames.TryParseLayer(name, Prefix(side), out var layer, out _))
                highest = Math.Max(highest, layer);
        }

        return highest < tensorCount ? highest + 1 : throw new WeightMismatchException($"{Prefix(side)}{highest} is the highest layer of {tensorCount} tensors: layers are missing.");
    }

    /// <summary>The tensors of one layer, in file order.</summary>
    public static IReadOnlyList<OpenNmtTensor> Of(OpenNmtCheckpoint checkpoint, ModelSide side, int layer) =>
        [.. checkpoint.Tensors.Where(tensor => OpenNmtNames.TryParseLayer(tensor.Name, Prefix(side), out var number, out _) && number == layer)];

    /// <summary>The name of a layer's tensor as that of another layer.</summary>
    public static string Renumber(string name, ModelSide side, int layer) =>
        OpenNmtNames.TryParseLayer(name, Prefix(side), out _, out var rest)
            ? (side == ModelSide.Encoder ? OpenNmtNames.EncoderLayer(layer) : OpenNmtNames.DecoderLayer(layer)) + rest
            : name;
}
