using Galvani.Checkpoints;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// A file to average and its tensors by name: those of the model, or, where the first file is no checkpoint of a model, every tensor of the tree by its path.
/// </summary>
internal sealed class AveragedFile
{
    private readonly Lazy<Dictionary<string, OpenNmtTensor>>? byPath; // null: the checkpoint knows its tensors by name

    private readonly bool isAlike; // the names are those of a file that has none twice, in its order

    private AveragedFile(OpenNmtCheckpoint checkpoint, IReadOnlyList<OpenNmtTensor> tensors, AveragedFile? like)
    {
        (Checkpoint, Tensors) = (checkpoint, tensors);
        if (!ReferenceEquals(tensors, checkpoint.Tensors))
            byPath = new(() => OpenNmtTensor.ByName(tensors));
        isAlike = like is not null && HaveSameNames(tensors, like.Tensors);
    }

    /// <summary>The file.</summary>
    public OpenNmtCheckpoint Checkpoint { get; }

    /// <summary>Its tensors, in file order.</summary>
    public IReadOnlyList<OpenNmtTensor> Tensors { get; }

    /// <summary>The file's path.</summary>
    public string Path => Checkpoint.Checkpoint.FilePath;

    /// <summary>The model's tensors of a file.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="like">A file that is probably like it, and has no name twice; null where there is none.</param>
    public static AveragedFile OfModel(OpenNmtCheckpoint checkpoint, AveragedFile? like) => new(checkpoint, checkpoint.Tensors, like);

    /// <summary>All tensors of a file, named by their paths without the root.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="like">A file that is probably like it, and has no name twice; null where there is none.</param>
    public static AveragedFile OfTree(OpenNmtCheckpoint checkpoint, AveragedFile? like) =>
        new(checkpoint, IsFlat(checkpoint) ? checkpoint.Tensors : checkpoint.Checkpoint.Tensors.Select(OfTree).ToArray(), like);

    /// <summary>The name of the tensor at a path.</summary>
    private static string NameOf(string objectPath) => objectPath.TrimStart('/');

    /// <summary>A tensor by its name, or null.</summary>
    public OpenNmtTensor? Find(string name) => byPath is null ? Checkpoint.Find(name) : byPath.Value.GetValueOrDefault(name);

    /// <summary>A tensor by its name, or null; looked for first at a place where it probably is, so that of files that are alike none needs a table.</summary>
    public OpenNmtTensor? Find(string name, int likelyPlace) => isAlike && Tensors[likelyPlace].Name == name ? Tensors[likelyPlace] : Find(name);

    private static bool HaveSameNames(IReadOnlyList<OpenNmtTensor> tensors, IReadOnlyList<OpenNmtTensor> others)
    {
        if (tensors.Count != others.Count)
            return false;
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name != others[i].Name)
                return false;
        }

        return true;
    }

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
