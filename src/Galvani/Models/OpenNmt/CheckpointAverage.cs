using System.Runtime.CompilerServices;
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
    /// <summary>Averages checkpoints that are open.</summary>
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
        CheckCount(checkpoints.Count, nameof(checkpoints));
        var weights = WeightsOf(options, checkpoints.Count);
        var files = new AveragedFiles(checkpoints[0]); // not disposed: the checkpoints are the caller's
        foreach (var checkpoint in checkpoints.Skip(1))
            files.Add(checkpoint, cancellationToken);
        return Write(files, weights, destination, progress, cancellationToken);
    }

    /// <summary>Averages checkpoints that are opened one after the other, and closed at the end: the object tree of one at a time is in memory beside the first one's, so that more files of very many tensors take hardly more.</summary>
    /// <param name="openings">Open two files or more; each is called once.</param>
    /// <param name="destination">Where to; may be one of the files.</param>
    /// <param name="options">The weights; null for equal ones.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="ArgumentException">There are fewer than two files, or the weights do not fit.</exception>
    /// <exception cref="WeightMismatchException">The files are not of one model; all that does not fit is named.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static AveragingReport Run(
        IReadOnlyList<Func<OpenNmtCheckpoint>> openings, CheckpointDestination destination, AveragingOptions? options = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openings);
        ArgumentNullException.ThrowIfNull(destination);
        CheckCount(openings.Count, nameof(openings));
        var weights = WeightsOf(options, openings.Count);
        using var first = openings[0]();
        using var files = new AveragedFiles(first);
        foreach (var open in openings.Skip(1))
            Open(open, files, cancellationToken);
        return Write(files, weights, destination, progress, cancellationToken);
    }

    private static void CheckCount(int count, string parameter)
    {
        if (count < 2)
            throw new ArgumentException($"There {(count == 1 ? "is 1 file" : "are no files")}, a mean needs two or more.", parameter);
    }

    private static IReadOnlyList<double> WeightsOf(AveragingOptions? options, int count)
    {
        var weights = options?.Weights is { Count: > 0 } given ? given : [.. Enumerable.Repeat(1.0, count)];
        WeightedMean.CheckWeights(weights, count);
        return weights;
    }

    /// <summary>A method of its own, so that nothing of a checkpoint is held when the next one is opened.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Open(Func<OpenNmtCheckpoint> open, AveragedFiles files, CancellationToken cancellationToken)
    {
        var checkpoint = open();
        try
        {
            files.Add(checkpoint, cancellationToken);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static AveragingReport Write(AveragedFiles files, IReadOnlyList<double> weights, CheckpointDestination destination, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        files.CheckFit();
        var copied = files.Groups.Count(group => !group[0].View.DType.IsFloatingPoint());
        var (averaged, shared) = (files.Groups.Count - copied, SharedTensors.NamesOf(files.Groups).ToList());
        var content = Averaged(files, weights);
        var written = CheckpointFile.Write(destination, content, progress, cancellationToken);
        return new AveragingReport(written, [.. weights.Select(weight => weight / weights.Sum())], averaged, copied, shared)
        {
            CopiedEntries = files.IsModel ? [] : content.TreeOnly,
        };
    }

    private static CheckpointContent Averaged(AveragedFiles files, IReadOnlyList<double> weights)
    {
        var means = new AveragedMeans(files, weights);
        var results = new Dictionary<TensorView, PickleTensor>(files.First.Tensors.Count, ReferenceEqualityComparer.Instance);
        for (var i = 0; i < files.Groups.Count; i++)
        {
            var result = Mean(means, files, i);
            foreach (var tensor in files.Groups[i])
                results[tensor.View] = result;
        }

        return files.IsModel ? Model(files.First, results) : Tree(files.First.Checkpoint.Checkpoint, results);
    }

    private static CheckpointContent Model(AveragedFile first, Dictionary<TensorView, PickleTensor> results) =>
        ModelContent.Rebuilt(first.Checkpoint, [.. first.Tensors.Select(tensor => KeyValuePair.Create(tensor.FileName, results[tensor.View]))], new Dictionary<string, PickleValue>());

    private static CheckpointContent Tree(Checkpoint first, Dictionary<TensorView, PickleTensor> results)
    {
        var root = TreeTensors.Replace(first.Root, (_, view) => results[view].View);
        return CheckpointContent.Of(root, [.. first.Tensors.Select(tensor => tensor with { View = results[tensor.View].View })]);
    }

    private static PickleTensor Mean(AveragedMeans means, AveragedFiles files, int group)
    {
        var view = files.Groups[group][0].View;
        return view.DType.IsFloatingPoint()
            ? CheckpointTree.Computed(view.DType, view.Shape, (firstElement, destination) => means.Compute(group, firstElement, destination))
            : new PickleTensor(view);
    }
}
