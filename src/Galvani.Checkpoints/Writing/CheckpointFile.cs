using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Writing;

/// <summary>Writes checkpoints in any format, streaming: memory does not grow with the model.</summary>
public static class CheckpointFile
{
    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    /// <param name="destination">Where to, and in which format.</param>
    /// <param name="content">What; the checkpoints that its tensors come from must be open.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="ArgumentException">The format is <see cref="CheckpointFormat.Galvani"/>, for which <see cref="Packing.PackedFile"/> is told what to pack.</exception>
    /// <exception cref="UnsupportedCheckpointException">The format cannot hold an element type, the content has no split form, or the file could not be read with the destination's limits.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static WrittenCheckpoint Write(
        CheckpointDestination destination, CheckpointContent content, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(content);
        if (destination.Format == CheckpointFormat.Galvani)
            throw new ArgumentException($"{destination.Path} is named as a .galvani file, which only conversion writes.", nameof(destination));
        var notes = new List<string>();
        var bytes = destination.Format switch
        {
            CheckpointFormat.Safetensors => destination.Write(stream => SafetensorsWriter.Write(stream, content.Tensors, destination.Limits, progress, cancellationToken)),
            CheckpointFormat.Split => WriteSplit(destination, content, progress, cancellationToken),
            CheckpointFormat.Numpy => destination.Write(stream => NpzWriter.Write(stream, content.Tensors, notes, progress, cancellationToken)),
            _ => destination.Write(stream => CheckpointWriter.Write(stream, content.Root, destination.Limits, progress, cancellationToken)),
        };
        if (content.Tensors.Any(tensor => tensor.Value.Storage.IsDequantized))
            notes.Add("the .galvani file holds weights in 8 bits: what these stand for is written, not what the model was trained to");
        if (destination.Format != CheckpointFormat.Torch)
            AddLosses(destination.Format, content, notes);
        return new WrittenCheckpoint(destination.Path, destination.Format, destination.IsRehearsal, bytes, content.Tensors.Count, notes) { WeightsPath = destination.WeightsPath };
    }

    private static long WriteSplit(CheckpointDestination destination, CheckpointContent content, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        var rest = content.Rest ?? throw new UnsupportedCheckpointException($"The split form is that of whole OpenNMT-py checkpoints: expected one with opt, to write {destination.Path}.");
        return destination.WriteSplit(
            stream => SafetensorsWriter.Write(stream, content.Tensors, destination.Limits, progress, cancellationToken),
            stream => CheckpointWriter.Write(stream, rest, destination.Limits, progress: null, cancellationToken));
    }

    private static void AddLosses(CheckpointFormat format, CheckpointContent content, List<string> notes)
    {
        var name = format == CheckpointFormat.Numpy ? "npz" : "safetensors";
        if (content.TreeOnly.Count > 0 && format != CheckpointFormat.Split)
            notes.Add($"{name} holds tensors alone: {string.Join(", ", content.TreeOnly)} {(content.TreeOnly.Count == 1 ? "is" : "are")} not in the new file");
        foreach (var group in content.Tensors.GroupBy(tensor => tensor.Value.Storage, ReferenceEqualityComparer.Instance).Where(group => group.Count() > 1))
            notes.Add($"{string.Join(", ", group.Select(tensor => tensor.Key))} shared one storage; {name} has no sharing, each is written by itself");
    }
}
