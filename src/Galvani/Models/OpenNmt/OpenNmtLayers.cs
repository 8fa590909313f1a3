namespace Galvani.Models.OpenNmt;

/// <summary>The layers of a side, by the names of their tensors.</summary>
internal static class OpenNmtLayers
{
    /// <summary>The beginning of the names of a side's layers.</summary>
    public static string Prefix(ModelSide side) => side == ModelSide.Encoder ? OpenNmtNames.EncoderLayers : OpenNmtNames.DecoderLayers;

    /// <summary>Whether a name is of a layer of a side.</summary>
    public static bool IsOf(string name, ModelSide side) => OpenNmtNames.TryParseLayer(name, Prefix(side), out _, out _);

    /// <summary>The number of layers: one more than the highest.</summary>
    public static int Count(IEnumerable<string> names, ModelSide side) =>
        names.Select(name => OpenNmtNames.TryParseLayer(name, Prefix(side), out var layer, out _) ? layer + 1 : 0).DefaultIfEmpty(0).Max();

    /// <summary>The tensors of one layer, in file order.</summary>
    public static IReadOnlyList<OpenNmtTensor> Of(OpenNmtCheckpoint checkpoint, ModelSide side, int layer) =>
        [.. checkpoint.Tensors.Where(tensor => OpenNmtNames.TryParseLayer(tensor.Name, Prefix(side), out var number, out _) && number == layer)];

    /// <summary>The name of a layer's tensor as that of another layer.</summary>
    public static string Renumber(string name, ModelSide side, int layer) =>
        OpenNmtNames.TryParseLayer(name, Prefix(side), out _, out var rest)
            ? (side == ModelSide.Encoder ? OpenNmtNames.EncoderLayer(layer) : OpenNmtNames.DecoderLayer(layer)) + rest
            : name;
}
