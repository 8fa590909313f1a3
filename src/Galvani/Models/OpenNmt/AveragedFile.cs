using Galvani.Checkpoints;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// A file to average and its tensors by name: those of the model, or, where the first file is no checkpoint of a model, every tensor of the tree by its path.
/// </summary>
internal sealed class AveragedFile
{
    private readonly Dictionary<string, OpenNmtTensor> byName = new(StringComparer.Ordinal);

    private AveragedFile(OpenNmtCheckpoint checkpoint, IReadOnlyList<OpenNmtTensor> tensors)
    {
        (Checkpoint, Tensors) = (checkpoint, tensors);
        foreach (var tensor in tensors)
            byName.TryAdd(tensor.Name, tensor);
    }

    /// <summary>The file.</summary>
    public OpenNmtCheckpoint Checkpoint { get; }

    /// <summary>Its tensors, in file order.</summary>
    public IReadOnlyList<OpenNmtTensor> Tensors { get; }

    /// <summary>The file's path.</summary>
    public string Path => Checkpoint.Checkpoint.FilePath;

    /// <summary>The model's tensors of a file.</summary>
    public static AveragedFile OfModel(OpenNmtCheckpoint checkpoint) => new(checkpoint, checkpoint.Tensors);

    /// <summary>All tensors of a file, named by their paths without the root.</summary>
    public static AveragedFile OfTree(OpenNmtCheckpoint checkpoint) =>
        new(checkpoint, [.. checkpoint.Checkpoint.Tensors.Select(tensor => new OpenNmtTensor(NameOf(tensor.ObjectPath), NameOf(tensor.ObjectPath), tensor.ObjectPath, tensor.View))]);

    /// <summary>The name of the tensor at a path.</summary>
    public static string NameOf(string objectPath) => objectPath.TrimStart('/');

    /// <summary>A tensor by its name, or null.</summary>
    public OpenNmtTensor? Find(string name) => byName.GetValueOrDefault(name);
}
