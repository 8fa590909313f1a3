using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// A checkpoint seen as OpenNMT-py writes it: <c>model</c> and <c>generator</c> tensors, <c>vocab</c>, <c>opt</c>, <c>optim</c>. Files without some of these
/// open as well (a plain state dict, an extracted part): what is missing is null or empty. Owns the checkpoint and disposes it.
/// </summary>
public sealed class OpenNmtCheckpoint : IDisposable
{
    private readonly Dictionary<string, OpenNmtTensor> byName = new(StringComparer.Ordinal);

    /// <summary>Takes over an open checkpoint.</summary>
    /// <param name="checkpoint">Disposed with this object.</param>
    public OpenNmtCheckpoint(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        Checkpoint = checkpoint;
        var root = checkpoint.Root as PickleDictionary;
        Tensors = CollectTensors(checkpoint.Root);
        foreach (var tensor in Tensors)
            byName.TryAdd(tensor.Name, tensor);
        Options = new OpenNmtOptions(root?["opt"] as PickleDictionary, [.. Tensors.Select(tensor => tensor.FileName)]);
        Vocabularies = OpenNmtVocabularies.Read(root?["vocab"]);
        Part = PartMark.Read(root?[PartMark.Key]);
        Tokenization = new TokenizationInfo(this);
        Optimizer = OptimizerSummary.Read(root?["optim"], root?["optim"] is not null);
    }

    /// <summary>The file.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The model's tensors under their present names, in file order; buffers that nothing needs are left out.</summary>
    public IReadOnlyList<OpenNmtTensor> Tensors { get; }

    /// <summary>The options, defaults and repairs.</summary>
    public OpenNmtOptions Options { get; }

    /// <summary>The token lists, or null where the file has none.</summary>
    public OpenNmtVocabularies? Vocabularies { get; }

    /// <summary>Which part of a checkpoint this file is, or null for a whole one.</summary>
    public PartMark? Part { get; }

    /// <summary>What the file records about turning text into pieces.</summary>
    public TokenizationInfo Tokenization { get; }

    /// <summary>What the optimizer state is.</summary>
    public OptimizerSummary Optimizer { get; }

    /// <summary>Whether the file has an <c>opt</c>, so that it is more than a file of tensors.</summary>
    public bool IsOpenNmt => Options.HasFileOptions;

    /// <summary>Whether the file holds only a low-rank adaptation, which must be merged into its base first.</summary>
    public bool IsLowRankAdaptation => Tensors.Any(tensor => OpenNmtNames.IsLowRank(tensor.Name)) && Find(OpenNmtNames.GeneratorWeight) is null;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <exception cref="CheckpointFormatException">The file is broken, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file is a model in a form that is not read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OpenNmtCheckpoint Open(string path, CheckpointLimits? limits = null)
    {
        var checkpoint = Checkpoint.Open(path, limits);
        try
        {
            return new OpenNmtCheckpoint(checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>A tensor by its present name, or null.</summary>
    /// <param name="name">The name.</param>
    public OpenNmtTensor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The view of a tensor.</summary>
    /// <param name="name">Its present name.</param>
    /// <exception cref="WeightMismatchException">There is no such tensor.</exception>
    public TensorView Require(string name) =>
        Find(name)?.View ?? throw new WeightMismatchException($"{name} is missing ({Checkpoint.FilePath}); the file has {Tensors.Count} model tensors.");

    /// <summary>Closes the file.</summary>
    public void Dispose() => Checkpoint.Dispose();

    private static List<OpenNmtTensor> CollectTensors(PickleValue fileRoot)
    {
        var tensors = new List<OpenNmtTensor>();
        var root = fileRoot as PickleDictionary;
        if (SavedModule.IsModule(fileRoot))
            AddModule(tensors, fileRoot, "");
        else if (SavedModule.IsModule(root?["model"]))
            AddModule(tensors, root!["model"]!, "/model");
        else if (root?["model"] is PickleDictionary model)
            AddAll(tensors, model, "/model", prefix: "");
        else if (root is not null && root.Entries.Any(entry => entry.Value is PickleTensor))
            AddAll(tensors, root, "", prefix: "");
        if (root?["generator"] is PickleDictionary generator)
            AddAll(tensors, generator, "/generator", OpenNmtNames.Generator);
        return tensors;
    }

    private static void AddModule(List<OpenNmtTensor> tensors, PickleValue module, string path)
    {
        foreach (var (name, tensor) in SavedModule.StateDictionary(module))
            tensors.Add(new OpenNmtTensor(OpenNmtNames.Repair(name), name, path + tensor.ObjectPath, tensor.View));
    }

    private static void AddAll(List<OpenNmtTensor> tensors, PickleDictionary dictionary, string path, string prefix)
    {
        foreach (var (key, value) in ObjectTree.Children(dictionary))
        {
            if (value is not PickleTensor { View: var view } || OpenNmtNames.IsIgnoredBuffer(key))
                continue;
            tensors.Add(new OpenNmtTensor(OpenNmtNames.Repair(prefix + key), prefix + key, ObjectTree.Append(path, key), view));
        }
    }
}
