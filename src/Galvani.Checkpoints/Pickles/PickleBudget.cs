namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// Keeps account of the memory that the object tree takes and of the bytes its tensors would have, so that a small file cannot ask for
/// much. Sizes are estimates on the high side; what matters is that every byte of the pickle that makes something is paid for. A tensor that <see cref="Writing.CheckpointWriter"/> has
/// written takes less than <see cref="CheckpointLimits.MemoryRatio"/> times the bytes that it and its storage have in the file at least, so that what is written can be read, however many there are.
/// </summary>
internal sealed class PickleBudget(CheckpointLimits limits, long fileBytes)
{
    public const int NodeBytes = 48;
    public const int ContainerBytes = 112;
    public const int TupleBytes = 56;
    public const int ItemBytes = 8;
    public const int ReferenceBytes = 16;
    public const int EntryBytes = 64;
    public const int StorageBytes = 512;
    public const int TensorBytes = 312;

    /// <summary>A tensor of a file that names its tensors: a storage, a view, and the names under which they are found.</summary>
    public const int NamedTensorBytes = 1088;

    private readonly long memoryLimit = limits.MemoryBytes(fileBytes);
    private readonly long logicalLimit = limits.LogicalBytes(fileBytes);
    private long treeBytes;
    private long logicalBytes;

    /// <summary>Charges memory; returns what is wrong in words, or null.</summary>
    public string? Charge(long bytes)
    {
        treeBytes += bytes;
        return treeBytes <= memoryLimit ? null : $"The object tree takes more than {memoryLimit} bytes of memory, the limit (MemoryRatio) of {limits.MemoryRatio} times the file and 64 MiB";
    }

    /// <summary>Gives back what was charged for a node that nothing refers to any more.</summary>
    public void Refund(long bytes) => treeBytes -= bytes;

    /// <summary>Charges a tensor; returns what is wrong in words, or null.</summary>
    public string? ChargeTensor(long bytes)
    {
        if (bytes > logicalLimit - logicalBytes)
            return $"The tensors have {(Int128)logicalBytes + bytes} bytes laid out or more, the limit (LogicalRatio) is {limits.LogicalRatio} times the file and 64 MiB, {logicalLimit}";
        logicalBytes += bytes;
        return null;
    }
}
