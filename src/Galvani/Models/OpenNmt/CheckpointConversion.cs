using Galvani.Checkpoints;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Models.OpenNmt;

/// <summary>The form of options and vocabularies to write.</summary>
public enum ToolkitForm
{
    /// <summary>As the file has it.</summary>
    Unchanged,

    /// <summary>That of OpenNMT-py 3.</summary>
    Version3,
}

/// <summary>What to convert; the format is that of the destination.</summary>
public sealed record ConversionOptions
{
    /// <summary>The element type of the model's floating-point tensors; null leaves each as it is. Default null. The optimizer's state is never cast.</summary>
    public DType? ElementType { get; init; }

    /// <summary>The form of options and vocabularies. Default unchanged.</summary>
    public ToolkitForm Form { get; init; }

    /// <summary>How a <c>.galvani</c> file holds the projections; other formats do not take it. Default <see cref="ProductFormat.Single"/>.</summary>
    public ProductFormat? Packing { get; init; }
}

/// <summary>What a conversion did.</summary>
/// <param name="File">What was written.</param>
/// <param name="CastCount">The tensors whose element type changed.</param>
/// <param name="Overflows">Tensors in which finite numbers became infinite.</param>
/// <param name="Changes">What changed in options and vocabularies, one sentence each.</param>
public sealed record ConversionReport(WrittenCheckpoint File, int CastCount, IReadOnlyList<CastOverflow> Overflows, IReadOnlyList<string> Changes);

/// <summary>Converts checkpoints between formats, element types and versions of the toolkit.</summary>
public static class CheckpointConversion
{
    /// <summary>Converts a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="destination">Where to, and in which format.</param>
    /// <param name="options">What to convert besides; null for nothing.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="ArgumentException">The element type is none that tensors are cast to, or an option does not go with the format.</exception>
    /// <exception cref="UnsupportedCheckpointException">
    /// The format cannot hold an element type, or the file has no options to convert; for a <c>.galvani</c> file: the model cannot be run, is a part that has no projections, or is packed in 8 bits already.
    /// </exception>
    /// <exception cref="WeightMismatchException">For a <c>.galvani</c> file: tensors are missing, misshapen or left over; all are named.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static ConversionReport Run(
        OpenNmtCheckpoint checkpoint, CheckpointDestination destination, ConversionOptions? options = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(destination);
        options ??= new ConversionOptions();
        var isPacked = destination.Format == CheckpointFormat.Galvani;
        if (isPacked ? options.ElementType is not null : options.Packing is not null)
            throw new ArgumentException("A .galvani file takes a compute type, other formats an element type.", nameof(options));
        var changes = new List<string>();
        var root = options.Form == ToolkitForm.Version3 ? Version3Form.Of(checkpoint, changes) : ModelContent.Root(checkpoint);
        if (isPacked)
            return new ConversionReport(PackedFile.Write(destination, PackedModel.Plan(checkpoint, root, options.Packing ?? ProductFormat.Single, changes), progress, cancellationToken), CastCount: 0, Overflows: [], changes);
        if (options.ElementType is not { } type)
            return new ConversionReport(Write(root, (_, view) => view), CastCount: 0, Overflows: [], changes);
        var cast = new FloatCast(type);
        if (destination.Format == CheckpointFormat.Torch)
            root = TreeCast.Apply(root, cast, path => !ModelContent.IsOptimizer(path));
        var file = Write(root, cast.Cast);
        return new ConversionReport(file, Count(checkpoint, cast), cast.Overflows, changes);

        WrittenCheckpoint Write(PickleValue tree, Func<string, TensorView, TensorView> view) =>
            CheckpointFile.Write(destination, ModelContent.Whole(checkpoint, tree, view), progress, cancellationToken);
    }

    private static int Count(OpenNmtCheckpoint checkpoint, FloatCast cast) =>
        ModelContent.HasNames(checkpoint)
            ? checkpoint.Tensors.Count(tensor => cast.Changes(tensor.View.DType))
            : checkpoint.Checkpoint.Tensors.Count(tensor => cast.Changes(tensor.View.DType));
}
