namespace Galvani.Checkpoints.Writing;

/// <summary>How far a long write is.</summary>
/// <param name="DoneBytes">The bytes of tensors written.</param>
/// <param name="TotalBytes">The bytes of tensors there are to write.</param>
public readonly record struct TransferProgress(long DoneBytes, long TotalBytes);

/// <summary>Counts the bytes of one write, reports them and stops when asked to.</summary>
internal sealed class TransferCounter(long totalBytes, IProgress<TransferProgress>? progress, CancellationToken cancellationToken)
{
    private long doneBytes;

    /// <summary>Called in front of each part.</summary>
    /// <exception cref="OperationCanceledException">The write was cancelled.</exception>
    public void Check() => cancellationToken.ThrowIfCancellationRequested();

    /// <summary>Called behind each part.</summary>
    public void Add(long bytes)
    {
        doneBytes += bytes;
        progress?.Report(new TransferProgress(doneBytes, totalBytes));
    }
}
