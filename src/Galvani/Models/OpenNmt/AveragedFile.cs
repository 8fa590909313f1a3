using Galvani.Checkpoints;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// A file to average and its tensors by name: those of the model, or, where the first file is no checkpoint of a model, every tensor of the tree by its path.
/// </summary>
internal sealed class AveragedFile
{
    private readonly Dictionary<string, OpenNmtTensor>? byPath; // null: the checkpoint knows its tensors by name

    private AveragedFile(OpenNmtCheckpoint checkpoint) => (Checkpoint, Tensors) = (checkpoint, checkpoint.Tensors);

    private AveragedFile(OpenNmtCheckpoint checkpoint, IReadOnlyList<OpenNmtTensor> tensors)
    {
        (Checkpoint, Tensors) = (checkpoint, tensors);
        byPath = new Dictionary<string, OpenNmtTensor>(tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in tensors)
            byPath.TryAdd(tensor.Name, tensor);
    }

    /// <summary>The file.</summary>
    public OpenNmtCheckpoint Checkpoint { get; }

    /// <summary>Its tensors, in file order.</summary>
    public IReadOnlyList<OpenNmtTensor> Tensors { get; }

    /// <summary>The file's path.</summary>
    public string Path => Checkpoint.Checkpoint.FilePath;

    /// <summary>The model's tensors of a file.</summary>
    public static AveragedFile OfModel(OpenNmtCheckpoint checkpoint) => new(checkpoint);

    /// <summary>All tensors of a file, named by their paths without the root.</summary>
    public static AveragedFile OfTree(OpenNmtCheckpoint checkpoint) =>
        IsFlat(checkpoint) ? new(checkpoint) : new(checkpoint, checkpoint.Checkpoint.Tensors.Select(OfTree).ToArray());

    /// <summary>The name of the tensor at a path.</summary>
    private static string NameOf(string objectPath) => objectPath.TrimStart('/');

    /// <summary>A tensor by its name, or null.</summary>
    public OpenNmtTensor? Find(string name) => byPath is null ? Checkpoint.Find(name) : byPath.GetValueOrDefault(name);

    /// <summary>Whether the tensors stand at the top of the tree under the names that they have in a model, too, so that these need no second list.</summary>
    private static bool IsFlat(OpenNmtCheckpoint checkpoint)
    {
        var tensors = checkpoint.Tensors;
        if (tensors.Count != checkpoint.Checkpoint.Tensors.Count)
            return false;
        for (var i = 0; i < tensors.Count; i++)
        {
            var path = tensors[i].ObjectPath;
            if (path != checkpoint.Checkpoint.Tensors[i].ObjectPath || !path.AsSpan().TrimStart('/').SequenceEqual(tensors[i].Name))
                return false;
        }

        return true;
    }

    private static OpenNmtTensor OfTree(NamedTensor tensor)
    {
        var name = NameOf(tensor.ObjectPath);
        return new OpenNmtTensor(name, name, tensor.ObjectPath, tensor.View);
    }
}
