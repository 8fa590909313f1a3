using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt;

/// <summary>What a release did.</summary>
/// <param name="File">What was written.</param>
/// <param name="Optimizer">What was dropped, in words.</param>
public sealed record ReleaseReport(WrittenCheckpoint File, OptimizerSummary Optimizer);

/// <summary>Drops the optimizer's state, which only training needs and which is most of a training checkpoint.</summary>
public static class CheckpointRelease
{
    /// <summary>Writes a checkpoint without its optimizer; everything else stays.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="UnsupportedCheckpointException">The file is no checkpoint of a model, or the format cannot hold an element type.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static ReleaseReport Run(
        OpenNmtCheckpoint checkpoint, CheckpointDestination destination, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (ModelContent.Root(checkpoint) is not PickleDictionary root || !ModelContent.HasModel(checkpoint))
            throw new UnsupportedCheckpointException($"The file is no OpenNMT-py checkpoint: it has no model beside which an optimizer could be ({checkpoint.Checkpoint.FilePath}).");
        var content = ModelContent.Whole(checkpoint, ModelContent.WithoutOptimizer(root), (_, view) => view);
        return new ReleaseReport(CheckpointFile.Write(destination, content, progress, cancellationToken), checkpoint.Optimizer);
    }
}
