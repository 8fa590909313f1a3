using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>A tensor of the model.</summary>
/// <param name="Name">Its present name, such as <c>encoder.layer_norm.weight</c> or <c>generator.bias</c>.</param>
/// <param name="FileName">Its name in the file, where that differs by a repair.</param>
/// <param name="ObjectPath">Its path in the object tree.</param>
/// <param name="View">The tensor.</param>
public sealed record OpenNmtTensor(string Name, string FileName, string ObjectPath, TensorView View);
