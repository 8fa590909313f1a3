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
        if (!HasNames(checkpoint))
        {
            var plain = CheckpointContent.Of(root, checkpoint.Checkpoint.Tensors);
            return plain with { Tensors = [.. plain.Tensors.Select(tensor => KeyValuePair.Create(tensor.Key, view(tensor.Key, tensor.Value)))] };
        }

        var tensors = checkpoint.Tensors.Select(tensor => KeyValuePair.Create(NameAlone(tensor), view(NameAlone(tensor), tensor.View)));
        return new CheckpointContent(root, [.. tensors], TreeOnly(root, checkpoint)) { Rest = SplitWeights.Rest(root) };
    }

    /// <summary>The tree of a checkpoint, with the weights in it also where they are in files beside it.</summary>
    public static PickleValue Root(OpenNmtCheckpoint checkpoint)
    {
        if (checkpoint.WeightFiles.Count == 0)
            return checkpoint.Checkpoint.Root;
        var root = (PickleDictionary)checkpoint.Checkpoint.Root;
        var entries = Texts(root).Where(entry => entry.Key is not ("model" or "generator")).ToList();
        entries.InsertRange(0, Parts(root, [.. checkpoint.Tensors.Select(tensor => KeyValuePair.Create(NameAlone(tensor), new PickleTensor(tensor.View)))]));
        return CheckpointTree.Replace(root, entries);
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
            entries.AddRange([.. tensors.Select(tensor => KeyValuePair.Create(tensor.Key, (PickleValue)tensor.Value)), .. Texts(root).Where(entry => entry.Value is not PickleTensor)]);
        else
            AddParts(root, tensors, replaced, entries);
        var tree = CheckpointTree.Replace(root, entries);
        return new CheckpointContent(tree, [.. tensors.Select(tensor => KeyValuePair.Create(NameAlone(tensor.Key), tensor.Value.View))], TreeOnly(tree, checkpoint: null)) { Rest = SplitWeights.Rest(tree) };
    }

    /// <summary>Whether the tensors stand under <c>model</c>, as in a checkpoint, or at the top, as in a state dict.</summary>
    public static bool HasModel(OpenNmtCheckpoint checkpoint) => checkpoint.IsOpenNmt || (checkpoint.Checkpoint.Root as PickleDictionary)?["model"] is PickleDictionary;

    /// <summary>Whether the model's tensors have names of their own: in a checkpoint, and in a module that was saved whole.</summary>
    public static bool HasNames(OpenNmtCheckpoint checkpoint) => HasModel(checkpoint) || checkpoint.Checkpoint.Root is not PickleDictionary && checkpoint.Tensors.Count > 0;

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
        var parts = new Dictionary<string, PickleValue>(replaced, StringComparer.Ordinal) { [OptimizerKey] = PickleNone.Instance };
        foreach (var (key, part) in Parts(root, tensors))
            parts.Add(key, part);
        foreach (var (key, value) in Texts(root))
            entries.Add(new(key, parts.Remove(key, out var part) ? part : value));
        entries.AddRange(parts);
    }

    /// <summary>Model and generator, of the same types as those of a root.</summary>
    private static IEnumerable<KeyValuePair<string, PickleValue>> Parts(PickleDictionary root, IReadOnlyList<KeyValuePair<string, PickleTensor>> tensors)
    {
        var model = tensors.Where(tensor => !IsGenerator(tensor.Key)).Select(tensor => KeyValuePair.Create(tensor.Key, (PickleValue)tensor.Value));
        var generator = tensors.Where(tensor => IsGenerator(tensor.Key)).Select(tensor => KeyValuePair.Create(tensor.Key[OpenNmtNames.Generator.Length..], (PickleValue)tensor.Value));
        yield return new("model", CheckpointTree.Replace(root["model"] as PickleDictionary ?? new PickleDictionary(), model));
        yield return new("generator", CheckpointTree.Replace(root["generator"] as PickleDictionary ?? CheckpointTree.OrderedDictionary([]), generator));
    }

    private static bool IsGenerator(string name) => name.StartsWith(OpenNmtNames.Generator, StringComparison.Ordinal);

    /// <summary>The name outside a tree: the one in the file, but for the generator, which no longer stands apart and so takes its present name.</summary>
    private static string NameAlone(OpenNmtTensor tensor) => IsGenerator(tensor.Name) ? tensor.Name : tensor.FileName;

    /// <summary>The same of a name as it stands in a tree: OpenNMT-py's loader knows the generator of version 2 by its old name only where it is apart.</summary>
    private static string NameAlone(string fileName) => IsGenerator(fileName) ? OpenNmtNames.Repair(fileName) : fileName;

    private static List<string> TreeOnly(PickleValue tree, OpenNmtCheckpoint? checkpoint)
    {
        if (tree is not PickleDictionary root)
            return [];
        var lost = Texts(root).Where(entry => entry.Key is not ("model" or "generator") && entry.Value is not (PickleTensor or PickleNone)).Select(entry => entry.Key).ToList();
        var masks = checkpoint is null || root["model"] is not PickleDictionary model ? 0 : Texts(model).Count(entry => OpenNmtNames.IsIgnoredBuffer(entry.Key));
        if (masks > 0)
            lost.Add($"{masks} mask buffers that nothing needs");
        return lost;
    }
}
