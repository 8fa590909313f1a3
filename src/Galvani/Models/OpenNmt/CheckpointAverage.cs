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
public sealed record AveragingReport(WrittenCheckpoint File, IReadOnlyList<double> Shares, int AveragedCount, int CopiedCount, IReadOnlyList<IReadOnlyList<string>> Shared);

/// <summary>
/// The weighted mean of the weights of several checkpoints of one model. A tensor that several names share is averaged once: done name by name in place, as
/// OpenNMT-py's average_models.py does it, its later files would count several times. Memory does not grow with files or models. Options and vocabularies
/// are those of the first file; the optimizer's state is dropped.
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
        var groups = SharedTensors.Of(checkpoints[0].Tensors);
        AverageMisfits.Check(checkpoints, groups, cancellationToken);
        var results = new Dictionary<string, PickleTensor>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var result = Mean([.. checkpoints.Select(checkpoint => checkpoint.Require(group[0].Name))], weights);
            foreach (var tensor in group)
                results.Add(tensor.Name, result);
        }

        var tensors = checkpoints[0].Tensors.Select(tensor => KeyValuePair.Create(tensor.FileName, results[tensor.Name])).ToList();
        var content = ModelContent.Rebuilt(checkpoints[0], tensors, new Dictionary<string, PickleValue>());
        var file = CheckpointFile.Write(destination, content, progress, cancellationToken);
        var copied = groups.Count(group => !group[0].View.DType.IsFloatingPoint());
        return new AveragingReport(file, [.. weights.Select(weight => weight / weights.Sum())], groups.Count - copied, copied, [.. SharedTensors.NamesOf(groups)]);
    }

    private static PickleTensor Mean(IReadOnlyList<TensorView> views, IReadOnlyList<double> weights) =>
        views[0].DType.IsFloatingPoint() ? CheckpointTree.Computed(views[0].DType, views[0].Shape, WeightedMean.Of(views, weights)) : new PickleTensor(views[0]);
}
