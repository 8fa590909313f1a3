using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>Gathers the model's tensors of a file under their present names, wherever its form keeps them.</summary>
internal sealed class TensorCollection
{
    private readonly List<OpenNmtTensor> tensors = [];
    private readonly List<string> fileNames = [];

    private IReadOnlyList<NamedTensor> listed = [];
    private int place; // in the list of the file that is added

    /// <summary>The tensors in file order.</summary>
    public List<OpenNmtTensor> Tensors => tensors;

    /// <summary>The names in the file, those of buffers that nothing needs included.</summary>
    public IReadOnlyCollection<string> FileNames => fileNames;

    /// <summary>
    /// Adds what a file holds: <c>model</c> (a dictionary, or a module that was saved whole) and <c>generator</c>; else the root itself, where it is such a
    /// dictionary or module.
    /// </summary>
    public void Add(Checkpoint file)
    {
        var fileRoot = file.Root;
        (listed, place) = (file.Tensors, 0);
        var root = fileRoot as PickleDictionary;
        if (SavedModule.IsModule(fileRoot))
            AddModule(fileRoot, "");
        else if (SavedModule.IsModule(root?["model"]))
            AddModule(root!["model"]!, "/model");
        else if (root?["model"] is PickleDictionary model)
            AddAll(model, "/model", prefix: "");
        else if (root is not null && root.Entries.Any(entry => entry.Value is PickleTensor))
            AddAll(root, "", prefix: "");
        if (root?["generator"] is PickleDictionary generator)
            AddAll(generator, "/generator", OpenNmtNames.Generator);
    }

    private void AddModule(PickleValue module, string path)
    {
        foreach (var (name, tensor) in SavedModule.StateDictionary(module))
            Add(name, path + tensor.ObjectPath, tensor.View);
    }

    private void AddAll(PickleDictionary dictionary, string path, string prefix)
    {
        tensors.EnsureCapacity(tensors.Count + dictionary.Entries.Count);
        fileNames.EnsureCapacity(fileNames.Count + dictionary.Entries.Count);
        foreach (var (key, value) in ObjectTree.Children(dictionary))
        {
            if (value is PickleTensor { View: var view })
                Add(prefix + key, PathOf(path, key, view), view);
        }
    }

    /// <summary>The path of a tensor: the one that the file has made of it, where that is found.</summary>
    private string PathOf(string parent, string key, TensorView view)
    {
        while (place < listed.Count && key.AsSpan().IndexOfAny('/', '~') < 0)
        {
            var (path, other) = listed[place++];
            if (ReferenceEquals(other, view) && path.Length == parent.Length + 1 + key.Length && path.StartsWith(parent, StringComparison.Ordinal) && path.EndsWith(key, StringComparison.Ordinal))
                return path;
        }

        return ObjectTree.Append(parent, key);
    }

    private void Add(string name, string path, TensorView view)
    {
        fileNames.Add(name);
        if (!OpenNmtNames.IsIgnoredBuffer(name))
            tensors.Add(new OpenNmtTensor(OpenNmtNames.Repair(name), name, path, view));
    }
}
