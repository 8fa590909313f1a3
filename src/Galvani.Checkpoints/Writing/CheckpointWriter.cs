using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Writing;

/// <summary>
/// Writes checkpoints that Python's <c>torch.load</c> opens, 1.6 and later: the zip container with a pickle of protocol 2. Storages are streamed from where they
/// are, each once, so that memory stays small; tensors that share a storage still do.
/// </summary>
public static class CheckpointWriter
{
    private const string Folder = "archive/";

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file; may be the one that the tree was read from.</param>
    /// <param name="root">The object tree; the checkpoints that its tensors come from must be open.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Cancelling leaves nothing behind.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    /// <exception cref="UnsupportedCheckpointException">The tree has what cannot be written, or what <see cref="Checkpoint.Open(string, CheckpointLimits?)"/> would refuse to read for the memory that it takes.</exception>
    public static void Write(string path, PickleValue root, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(root);
        AtomicFile.Write(path, stream => Write(stream, root, progress, cancellationToken));
    }

    /// <summary>Writes to a stream.</summary>
    /// <param name="output">Receives the archive; must be able to seek.</param>
    /// <param name="root">The object tree.</param>
    /// <param name="progress">Receives how far the write is; may be null.</param>
    /// <param name="cancellationToken">Checked between parts.</param>
    /// <exception cref="ArgumentException">The output cannot seek.</exception>
    /// <exception cref="UnsupportedCheckpointException">The tree has what cannot be written, or what <see cref="Checkpoint.Open(string, CheckpointLimits?)"/> would refuse to read for the memory that it takes.</exception>
    public static void Write(Stream output, PickleValue root, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Write(output, root, CheckpointLimits.Default, progress, cancellationToken);

    /// <summary>Writes to a stream what can be read with some limits.</summary>
    internal static void Write(Stream output, PickleValue root, CheckpointLimits limits, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(root);
        if (!output.CanSeek)
            throw new ArgumentException("The archive's headers are completed behind their content, so the output must be able to seek.", nameof(output));
        using var pickle = new MemoryStream();
        var writer = new PickleWriter(pickle, limits);
        writer.Write(root);
        var cost = writer.Cost;
        var storages = writer.Storages; // what the writer remembers is not needed while they are written
        var zip = new ZipWriter(output);
        zip.Add(Folder + "data.pkl", pickle.Length, pickle.WriteTo);
        var counter = new TransferCounter(storages.Sum(storage => storage.ByteCount), progress, cancellationToken);
        for (var key = 0; key < storages.Count; key++)
        {
            var storage = storages[key];
            zip.Add(FormattableString.Invariant($"{Folder}data/{key}"), storage.ByteCount, entry => TensorBytes.Write(storage, entry, counter));
        }

        zip.Add(Folder + "version", "3\n"u8.ToArray());
        zip.Finish();
        cost.Check(output.Length, limits);
    }
}
