using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests.Models.OpenNmt;

/// <summary>Writes variants of golden checkpoints: other numbers, options and vocabularies; what shared a storage still does.</summary>
internal static class ModelVariant
{
    /// <summary>Writes a variant.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="path">The new file.</param>
    /// <param name="change">The new numbers of a tensor, by name and old numbers.</param>
    /// <param name="replaced">Top-level entries to replace.</param>
    public static void Write(string source, string path, Func<string, float[], float[]> change, params KeyValuePair<string, PickleValue>[] replaced)
    {
        using var checkpoint = Checkpoint.Open(source);
        var made = new Dictionary<StorageView, PickleTensor>(ReferenceEqualityComparer.Instance);
        var root = (PickleDictionary)checkpoint.Root;
        var entries = root.Entries.Select(entry => KeyValuePair.Create(ObjectTree.KeyText(entry.Key), entry.Value)).ToDictionary();
        foreach (var part in (string[])["model", "generator"])
        {
            var tensors = (PickleDictionary)entries[part];
            entries[part] = CheckpointTree.Replace(tensors, ObjectTree.Children(tensors).Select(entry => KeyValuePair.Create(entry.Key, Make(part == "model" ? entry.Key : $"generator.{entry.Key}", entry.Value))));
        }

        foreach (var (key, value) in replaced)
            entries[key] = value;
        CheckpointWriter.Write(path, CheckpointTree.Replace(root, entries), cancellationToken: TestContext.Current.CancellationToken);

        PickleValue Make(string name, PickleValue value)
        {
            var view = ((PickleTensor)value).View;
            if (!made.TryGetValue(view.Storage, out var tensor))
                made.Add(view.Storage, tensor = CheckpointTree.Tensor(change(name, view.ToSingles()), [.. view.Shape]));
            return tensor;
        }
    }

    /// <summary>Writes a variant with other numbers everywhere.</summary>
    public static void WriteNoisy(string source, string path, int seed)
    {
        var random = new Random(seed);
        Write(source, path, (_, numbers) => [.. numbers.Select(number => number + (float)(random.NextDouble() - 0.5))]);
    }

    /// <summary>The options of a checkpoint with some set.</summary>
    public static KeyValuePair<string, PickleValue> Options(OpenNmtCheckpoint checkpoint, params (string Name, PickleValue Value)[] values)
    {
        var options = (PickleDictionary)((PickleDictionary)checkpoint.Checkpoint.Root)["opt"]!;
        var entries = ObjectTree.Children(options).ToDictionary(entry => entry.Key, entry => entry.Value);
        foreach (var (name, value) in values)
            entries[name] = value;
        return new("opt", CheckpointTree.Replace(options, entries));
    }
}
