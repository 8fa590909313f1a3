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
    private readonly Lazy<Dictionary<string, OpenNmtTensor>> byName; // not before one is looked for: of very many, the table has megabytes

    /// <summary>Takes over an open checkpoint; files beside it are not looked for.</summary>
    /// <param name="checkpoint">Disposed with this object.</param>
    /// <exception cref="UnsupportedCheckpointException">It is a whole module that is over a limit.</exception>
    public OpenNmtCheckpoint(Checkpoint checkpoint)
        : this(checkpoint, [])
    {
    }

    private OpenNmtCheckpoint(Checkpoint checkpoint, IReadOnlyList<Checkpoint> weightFiles)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        (Checkpoint, WeightFiles) = (checkpoint, weightFiles);
        var root = checkpoint.Root as PickleDictionary;
        var collection = new TensorCollection();
        foreach (var file in weightFiles.Prepend(checkpoint))
            collection.Add(file);
        Options = new OpenNmtOptions(root?["opt"] as PickleDictionary, collection.FileNames);
        if (weightFiles.Count > 0)
            SplitWeights.Complete([.. collection.Tensors], Options, checkpoint.FilePath, collection.Tensors.Add);
        else if (SplitWeights.Missing(checkpoint, weightFiles.Count) is { } missing)
            Options.Note(missing);
        Tensors = collection.Tensors;
        byName = new(() => OpenNmtTensor.ByName(Tensors));
        Vocabularies = OpenNmtVocabularies.Read(root?["vocab"]);
        Part = PartMark.Read(root?[PartMark.Key]);
        Tokenization = new TokenizationInfo(this);
        Optimizer = OptimizerSummary.Read(root?["optim"], root?["optim"] is not null);
    }

    /// <summary>The file.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The safetensors files beside the file that hold its weights; empty where it holds them itself.</summary>
    public IReadOnlyList<Checkpoint> WeightFiles { get; }

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

    /// <summary>Opens a file, and the safetensors files beside it where it was saved without its weights.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <exception cref="CheckpointFormatException">A file is broken, or no model file.</exception>
    /// <exception cref="WeightMismatchException">Several files hold a tensor of one name.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file is a model in a form that is not read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static OpenNmtCheckpoint Open(string path, CheckpointLimits? limits = null)
    {
        var checkpoint = Checkpoint.Open(path, limits);
        IReadOnlyList<Checkpoint> weightFiles = [];
        try
        {
            weightFiles = SplitWeights.Open(checkpoint, limits);
            var model = new OpenNmtCheckpoint(checkpoint, weightFiles);
            foreach (var unread in SplitWeights.Unread(checkpoint))
                model.Options.Note(unread);
            return model;
        }
        catch
        {
            checkpoint.Dispose();
            foreach (var file in weightFiles)
                file.Dispose();
            throw;
        }
    }

    /// <summary>A tensor by its present name, or null.</summary>
    /// <param name="name">The name.</param>
    public OpenNmtTensor? Find(string name) => byName.Value.GetValueOrDefault(name);

    /// <summary>The view of a tensor.</summary>
    /// <param name="name">Its present name.</param>
    /// <exception cref="WeightMismatchException">There is no such tensor.</exception>
    public TensorView Require(string name) =>
        Find(name)?.View ?? throw new WeightMismatchException($"{name} is missing ({Checkpoint.FilePath}); the file has {Tensors.Count} model tensors.");

    /// <summary>Closes the file, and those that hold its weights.</summary>
    public void Dispose()
    {
        Checkpoint.Dispose();
        foreach (var file in WeightFiles)
            file.Dispose();
    }
}
