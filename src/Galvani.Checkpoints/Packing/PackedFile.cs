using System.Globalization;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>
/// Writes <c>.galvani</c> files (docs/formats/galvani.md): the archive of a checkpoint in which projections are packed as products read them, so that a program maps them and computes. Everything
/// is streamed: memory does not grow with the model.
/// </summary>
public static class PackedFile
{
    private const string Folder = "archive/";
    private const int PageBytes = 4096;

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="destination">Where to; its format must be <see cref="CheckpointFormat.Galvani"/>.</param>
    /// <param name="plan">What; the checkpoints that its tensors come from must be open.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="ArgumentException">The destination has another format, the plan's format is none of a file, or a stacked tensor is not in the tree.</exception>
    /// <exception cref="UnsupportedCheckpointException">A projection has a number that 8 bits cannot hold, or more than 2 GiB; or the tree has what cannot be written.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static WrittenCheckpoint Write(CheckpointDestination destination, PackingPlan plan, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(plan);
        if (destination.Format != CheckpointFormat.Galvani)
            throw new ArgumentException($"{destination.Path} is not named as a .galvani file.", nameof(destination));
        if (plan.Format == ProductFormat.Int8Quads)
            throw new ArgumentException("Quads are a format of projections, not of a file.", nameof(plan));
        var tree = new PackedTree(plan);
        var bytes = destination.Write(stream => Write(stream, plan, tree, destination.Limits, progress, cancellationToken));
        return new WrittenCheckpoint(destination.Path, destination.Format, destination.IsRehearsal, bytes, tree.TensorCount, []);
    }

    private static void Write(Stream output, PackingPlan plan, PackedTree tree, CheckpointLimits limits, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        using var pickle = new MemoryStream();
        var writer = new PickleWriter(pickle, limits);
        writer.Write(tree.Root);
        var places = new HashSet<StorageView>(tree.Places, ReferenceEqualityComparer.Instance);
        var zip = new ZipWriter(output);
        zip.Add(Folder + "data.pkl", pickle.Length, pickle.WriteTo);
        zip.Add(Folder + PackedIndex.EntryName, PackedIndex.Write(plan.Format, Projections(plan, tree, writer.Storages)));
        zip.Add(Folder + "version", "3\n"u8.ToArray());
        var sizes = plan.Stacks.Select(stack => SizeOf(stack, tree)).ToList();
        var counter = new TransferCounter(writer.Storages.Where(storage => !places.Contains(storage)).Sum(storage => storage.ByteCount) + sizes.Sum(), progress, cancellationToken);
        for (var key = 0; key < writer.Storages.Count; key++)
        {
            var storage = writer.Storages[key];
            if (!places.Contains(storage))
                zip.Add(FormattableString.Invariant($"{Folder}data/{key}"), storage.ByteCount, entry => TensorBytes.Write(storage, entry, counter));
        }

        for (var i = 0; i < plan.Stacks.Count; i++)
        {
            var stack = plan.Stacks[i];
            zip.Add(FormattableString.Invariant($"{Folder}{PackedIndex.ProjectionFolder}{i}"), sizes[i], entry => Pack(stack, tree, entry, counter), PageBytes);
        }

        zip.Finish();
        writer.Cost.Check(output.Length, limits);
    }

    private static List<PackedSize> Projections(PackingPlan plan, PackedTree tree, List<StorageView> storages)
    {
        var keys = new Dictionary<StorageView, string>(ReferenceEqualityComparer.Instance);
        for (var key = 0; key < storages.Count; key++)
            keys.Add(storages[key], key.ToString(CultureInfo.InvariantCulture));
        var projections = new List<PackedSize>();
        foreach (var stack in plan.Stacks)
        {
            var parts = new List<PackedPart>();
            foreach (var view in stack.Tensors)
            {
                // The first projection of a tensor stands for its storage.
                var key = tree.PlaceOf(view) is { } place && keys.Remove(place, out var known) ? known : "";
                parts.Add(new PackedPart(tree.PathOf(view), key, FirstRow: parts.Sum(part => part.RowCount), (int)view.Shape[0]));
            }

            projections.Add(new PackedSize(stack.OutputWidth, stack.InputWidth, stack.Format, parts));
        }

        return projections;
    }

    private static long SizeOf(WeightStack stack, PackedTree tree)
    {
        var bytes = StoredWeight.ByteCount(stack.OutputWidth, stack.InputWidth, stack.Format);
        return bytes <= PackedIndex.MostProjectionBytes
            ? bytes
            : throw new UnsupportedCheckpointException($"{Names(stack, tree)} packed has {bytes} bytes, the most is {PackedIndex.MostProjectionBytes}.");
    }

    private static void Pack(WeightStack stack, PackedTree tree, Stream entry, TransferCounter counter)
    {
        try
        {
            counter.Check();
            StoredWeight.Write(stack.Rows, stack.OutputWidth, stack.InputWidth, stack.Format, entry, Count);
        }
        catch (NotFiniteNumberException exception)
        {
            throw new UnsupportedCheckpointException($"{Names(stack, tree)}: {exception.Message}; fp32 does.", exception);
        }

        void Count(long bytes)
        {
            counter.Add(bytes);
            counter.Check();
        }
    }

    private static string Names(WeightStack stack, PackedTree tree) => string.Join(", ", stack.Tensors.Select(tree.PathOf));
}
