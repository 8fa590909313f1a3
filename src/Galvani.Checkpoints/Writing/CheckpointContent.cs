using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>What is to be written: the object tree, for formats that hold one, and the tensors by name, for those that hold nothing else.</summary>
/// <param name="Root">The object tree.</param>
/// <param name="Tensors">The tensors under the names that formats of named tensors give them.</param>
/// <param name="TreeOnly">What only the object tree holds, in words, such as <c>opt</c>: lost in formats of named tensors.</param>
public sealed record CheckpointContent(PickleValue Root, IReadOnlyList<KeyValuePair<string, TensorView>> Tensors, IReadOnlyList<string> TreeOnly)
{
    /// <summary>The tree without its weights, for the split form; null where the content has no such form. Default null.</summary>
    public PickleValue? Rest { get; init; }

    /// <summary>The content of any tree: its tensors are named by their paths, with dots for slashes.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="tensors">Its tensors by path.</param>
    /// <exception cref="ArgumentException">Two paths give one name.</exception>
    public static CheckpointContent Of(PickleValue root, IReadOnlyList<NamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(tensors);
        var names = new HashSet<string>(tensors.Count, StringComparer.Ordinal);
        var named = new List<KeyValuePair<string, TensorView>>(tensors.Count);
        foreach (var tensor in tensors)
        {
            var name = tensor.ObjectPath.TrimStart('/').Replace('/', '.').Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (!names.Add(name))
                throw new ArgumentException($"Two tensors would be named {name}; formats of named tensors need names of their own.", nameof(tensors));
            named.Add(new(name, tensor.View));
        }

        var withTensors = tensors.Select(tensor => FirstSegment(tensor.ObjectPath)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return new CheckpointContent(root, named, [.. ObjectTree.Children(root).Where(child => child.Value is not PickleTensor && !withTensors.Contains(ObjectTree.Append("", child.Key))).Select(child => child.Key)]);
    }

    /// <summary>The path of the root's child that a path leads through; null where it ends there.</summary>
    private static string? FirstSegment(string path) => path.IndexOf('/', 1) is > 0 and var end ? path[..end] : null;
}
