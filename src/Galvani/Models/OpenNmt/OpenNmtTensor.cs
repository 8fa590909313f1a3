using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>A tensor of the model.</summary>
/// <param name="Name">Its present name, such as <c>encoder.layer_norm.weight</c> or <c>generator.bias</c>.</param>
/// <param name="FileName">Its name in the file, where that differs by a repair.</param>
/// <param name="ObjectPath">Its path in the object tree.</param>
/// <param name="View">The tensor.</param>
public sealed record OpenNmtTensor(string Name, string FileName, string ObjectPath, TensorView View)
{
    /// <summary>A table of tensors by name; of several that have one name it has the first.</summary>
    internal static Dictionary<string, OpenNmtTensor> ByName(IReadOnlyCollection<OpenNmtTensor> tensors)
    {
        var byName = new Dictionary<string, OpenNmtTensor>(tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in tensors)
            byName.TryAdd(tensor.Name, tensor);
        return byName;
    }
}
