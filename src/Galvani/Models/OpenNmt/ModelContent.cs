using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>What is to be written of a checkpoint, in whichever format.</summary>
internal static class ModelContent
{
    private const string OptimizerKey = "optim";

    /// <summary>A checkpoint as it is, or with another tree in place of its own.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="root">Its tree, or one made from it with the same tensors.</param>
    /// <param name="view">The tensor to write in formats of named tensors, by name.</param>
    public static CheckpointContent Whole(OpenNmtCheckpoint checkpoint, PickleValue root, Func<string, TensorView, TensorView> view)
    {
        if (!HasModel(checkpoint))
        {
            var plain = CheckpointContent.Of(root, checkpoint.Checkpoint.Tensors);
            return plain with { Tensors = [.. plain.Tensors.Select(tensor => KeyValuePair.Create(tensor.Key, view(tensor.Key, tensor.Value)))] };
        }

        var tensors = checkpoint.Tensors.Select(tensor => KeyValuePair.Create(NameAlone(tensor), view(NameAlone(tensor), tensor.View)));
        return new CheckpointContent(root, [.. tensors], TreeOnly((PickleDictionary)root, checkpoint));
    }

    /// <summary>A new model: the tree of a checkpoint with other tensors, and without the optimizer's state, which belongs to the old ones.</summary>
    /// <param name="checkpoint">The checkpoint whose tree it is.</param>
    /// <param name="tensors">The model's tensors: names as the new file is to have them, and values; tensors that are one instance share their storage.</param>
    /// <param name="replaced">Other top-level entries to replace: <c>opt</c>, <c>vocab</c>.</param>
    public static CheckpointContent Rebuilt(OpenNmtCheckpoint checkpoint, IReadOnlyList<KeyValuePair<string, PickleTensor>> tensors, IReadOnlyDictionary<string, PickleValue> replaced)
    {
        var root = checkpoint.Checkpoint.Root as PickleDictionary ?? new PickleDictionary();
        var entries = new List<KeyValuePair<string, PickleValue>>();
        if (!HasModel(checkpoint))
            entries.AddRange(tensors.Select(tensor => KeyValuePair.Create(tensor.Key, (PickleValue)tensor.Value)));
        else
            AddParts(root, tensors, replaced, entries);
        var tree = CheckpointTree.Replace(root, entries);
        return new CheckpointContent(tree, [.. tensors.Select(tensor => KeyValuePair.Create(tensor.Key, tensor.Value.View))], TreeOnly(tree, checkpoint: null));
    }

    /// <summary>Whether the tensors stand under <c>model</c>, as in a checkpoint, or at the top, as in a state dict.</summary>
    public static bool HasModel(OpenNmtCheckpoint checkpoint) => checkpoint.IsOpenNmt || (checkpoint.Checkpoint.Root as PickleDictionary)?["model"] is PickleDictionary;

    /// <summary>Whether an object path belongs to the optimizer's state.</summary>
    public static bool IsOptimizer(string objectPath) => objectPath.StartsWith($"/{OptimizerKey}/", StringComparison.Ordinal);

    /// <summary>The tree without the optimizer's state: None in its place, as the toolkit's own release does it.</summary>
    public static PickleDictionary WithoutOptimizer(PickleDictionary root) =>
        CheckpointTree.Replace(root, Texts(root).Select(entry => entry.Key == OptimizerKey ? new(entry.Key, PickleNone.Instance) : entry));

    /// <summary>The entries of a mapping with text keys.</summary>
    public static IEnumerable<KeyValuePair<string, PickleValue>> Texts(PickleDictionary dictionary) =>
        dictionary.Entries.Select(entry => KeyValuePair.Create(ObjectTree.KeyText(entry.Key), entry.Value));

    private static void AddParts(
        PickleDictionary root, IReadOnlyList<KeyValuePair<string, PickleTensor>> tensors, IReadOnlyDictionary<string, PickleValue> replaced, List<KeyValuePair<string, PickleValue>> entries)
    {
        var model = tensors.Where(tensor => !IsGenerator(tensor.Key)).Select(tensor => KeyValuePair.Create(tensor.Key, (PickleValue)tensor.Value));
        var generator = tensors.Where(tensor => IsGenerator(tensor.Key)).Select(tensor => KeyValuePair.Create(tensor.Key[OpenNmtNames.Generator.Length..], (PickleValue)tensor.Value));
        var parts = new Dictionary<string, PickleValue>(replaced, StringComparer.Ordinal)
        {
            ["model"] = CheckpointTree.Replace(root["model"] as PickleDictionary ?? new PickleDictionary(), model),
            ["generator"] = CheckpointTree.Replace(root["generator"] as PickleDictionary ?? CheckpointTree.OrderedDictionary([]), generator),
            [OptimizerKey] = PickleNone.Instance,
        };
        foreach (var (key, value) in Texts(root))
            entries.Add(new(key, parts.Remove(key, out var part) ? part : value));
        entries.AddRange(parts);
    }

    private static bool IsGenerator(string name) => name.StartsWith(OpenNmtNames.Generator, StringComparison.Ordinal);

    /// <summary>The name outside a tree: the one in the file, but for the generator, which no longer stands apart and so takes its present name.</summary>
    private static string NameAlone(OpenNmtTensor tensor) => IsGenerator(tensor.Name) ? tensor.Name : tensor.FileName;

    private static List<string> TreeOnly(PickleDictionary root, OpenNmtCheckpoint? checkpoint)
    {
        var lost = Texts(root).Where(entry => entry.Key is not ("model" or "generator") && entry.Value is not (PickleTensor or PickleNone)).Select(entry => entry.Key).ToList();
        var masks = checkpoint is null || root["model"] is not PickleDictionary model ? 0 : Texts(model).Count(entry => OpenNmtNames.IsIgnoredBuffer(entry.Key));
        if (masks > 0)
            lost.Add($"{masks} mask buffers that nothing needs");
        return lost;
    }
}
