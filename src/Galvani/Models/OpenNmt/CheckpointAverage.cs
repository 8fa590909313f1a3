using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>How to average.</summary>
public sealed record AveragingOptions
{
    /// <summary>A weight for each file, 0 or more; only their ratios matter. Default empty: all equal.</summary>
    public IReadOnlyList<double> Weights { get; init; } = [];
}

/// <summary>What an averaging did.</summary>
/// <param name="File">What was written.</param>
/// <param name="Shares">The share of each file, together 1.</param>
/// <param name="AveragedCount">The tensors averaged; one that several names share counts once.</param>
/// <param name="CopiedCount">The tensors that are no floating-point numbers: equal in all files, copied.</param>
/// <param name="Shared">Names that share a tensor, averaged once and still shared; one list a tensor.</param>
public sealed record AveragingReport(WrittenCheckpoint File, IReadOnlyList<double> Shares, int AveragedCount, int CopiedCount, IReadOnlyList<IReadOnlyList<string>> Shared)
{
    /// <summary>The entries without tensors that a file which is no checkpoint of a model has at its top: those of the first file. Empty for a model, whose options and vocabularies are meant.</summary>
    public IReadOnlyList<string> CopiedEntries { get; init; } = [];
}

/// <summary>
/// The weighted mean of the weights of several checkpoints of one model. A tensor that several names share is averaged once: done name by name in place, as
/// OpenNMT-py's average_models.py does it, its later files would count several times. Memory does not grow with files or models. Options and vocabularies
/// are those of the first file; the optimizer's state is dropped. Of a file that is no checkpoint of a model every tensor is averaged, however deep in the tree it is, and the rest is the first file's.
/// </summary>
public static class CheckpointAverage
{
    /// <summary>Averages checkpoints.</summary>
    /// <param name="checkpoints">Two or more; they stay open while the file is written.</param>
    /// <param name="destination">Where to; may be one of the files.</param>
    /// <param name="options">The weights; null for equal ones.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="ArgumentException">There are fewer than two files, or the weights do not fit.</exception>
    /// <exception cref="WeightMismatchException">The files are not of one model; all that does not fit is named.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static AveragingReport Run(
        IReadOnlyList<OpenNmtCheckpoint> checkpoints, CheckpointDestination destination, AveragingOptions? options = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(destination);
        if (checkpoints.Count < 2)
            throw new ArgumentException($"There {(checkpoints.Count == 1 ? "is 1 file" : "are no files")}, a mean needs two or more.", nameof(checkpoints));
        var weights = options?.Weights is { Count: > 0 } given ? given : [.. Enumerable.Repeat(1.0, checkpoints.Count)];
        WeightedMean.CheckWeights(weights, checkpoints.Count);
        var isModel = ModelContent.HasNames(checkpoints[0]);
        var files = checkpoints.Select(checkpoint => isModel ? AveragedFile.OfModel(checkpoint) : AveragedFile.OfTree(checkpoint)).ToList();
        var groups = SharedTensors.Of(files[0].Tensors);
        AverageMisfits.Check(files, groups, cancellationToken);
        var copied = groups.Count(group => !group[0].View.DType.IsFloatingPoint());
        var (averaged, shared) = (groups.Count - copied, SharedTensors.NamesOf(groups).ToList());
        var content = Averaged(files, groups, weights, isModel);
        var written = CheckpointFile.Write(destination, content, progress, cancellationToken);
        return new AveragingReport(written, [.. weights.Select(weight => weight / weights.Sum())], averaged, copied, shared)
        {
            CopiedEntries = isModel ? [] : content.TreeOnly,
        };
    }

    private static CheckpointContent Averaged(List<AveragedFile> files, IReadOnlyList<IReadOnlyList<OpenNmtTensor>> groups, IReadOnlyList<double> weights, bool isModel)
    {
        var results = new Dictionary<TensorView, PickleTensor>(files[0].Tensors.Count, ReferenceEqualityComparer.Instance);
        foreach (var group in groups)
        {
            var result = Mean([.. files.Select(file => file.Find(group[0].Name)!.View)], weights);
            foreach (var tensor in group)
                results[tensor.View] = result;
        }

        return isModel ? Model(files[0], results) : Tree(files[0].Checkpoint.Checkpoint, results);
    }

    private static CheckpointContent Model(AveragedFile first, Dictionary<TensorView, PickleTensor> results) =>
        ModelContent.Rebuilt(first.Checkpoint, [.. first.Tensors.Select(tensor => KeyValuePair.Create(tensor.FileName, results[tensor.View]))], new Dictionary<string, PickleValue>());

    private static CheckpointContent Tree(Checkpoint first, Dictionary<TensorView, PickleTensor> results)
    {
        var root = TreeTensors.Replace(first.Root, (_, view) => results[view].View);
        return CheckpointContent.Of(root, [.. first.Tensors.Select(tensor => tensor with { View = results[tensor.View].View })]);
    }

    private static PickleTensor Mean(IReadOnlyList<TensorView> views, IReadOnlyList<double> weights) =>
        views[0].DType.IsFloatingPoint() ? CheckpointTree.Computed(views[0].DType, views[0].Shape, WeightedMean.Of(views, weights)) : new PickleTensor(views[0]);
}
