namespace Galvani.Checkpoints.Pickles;

/// <summary>
/// Keeps account of the memory that the object tree takes and of the bytes its tensors would have, so that a small file cannot ask for
/// much. Sizes are what the objects take, with the tables that find them and that list them; what matters is that every byte of the pickle that makes something is paid for. What is written can
/// be read: <see cref="Writing.ReadingCost"/> counts the same while a file is written.
/// </summary>
internal sealed class PickleBudget(CheckpointLimits limits, long fileBytes)
{
    public const int NodeBytes = 48;
    public const int ContainerBytes = 144;
    public const int TupleBytes = 96;
    public const int ItemBytes = 8;
    public const int ReferenceBytes = 16;
    public const int EntryBytes = 80;
    public const int FindingBytes = 96;
    public const int StorageBytes = 512;
    public const int TensorBytes = 140;

    /// <summary>A storage that is deflated, beside its bytes: very many small ones leave little else of the file that pays for them.</summary>
    public const int DeflatedStorageBytes = 384;

    /// <summary>An integer that does not fit 64 bits, beside a node and its digits.</summary>
    public const int LargeIntegerBytes = 56;

    /// <summary>A tensor under one of the paths that lead to it, beside the characters of the path: in the list of tensors, and in that of a model's tensors by name.</summary>
    public const int ListedTensorBytes = 240;

    /// <summary>A tensor of a file that names its tensors: a storage, a view, and the names under which they are found.</summary>
    public const int NamedTensorBytes = 832;

    private readonly long memoryLimit = limits.MemoryBytes(fileBytes);
    private readonly long logicalLimit = limits.LogicalBytes(fileBytes);
    private long logicalBytes;
    private bool hasUnpacked;

    /// <summary>The memory that was charged so far.</summary>
    public long TreeBytes { get; private set; }

    /// <summary>Charges a tensor that is listed under a path; returns what is wrong in words, or null.</summary>
    public string? ChargeListed(string path) => Charge(ListedTensorBytes + 2L * path.Length);

    /// <summary>Charges a storage that is deflated; returns what is wrong in words, or null.</summary>
    public string? ChargeUnpacked(long bytes)
    {
        hasUnpacked = true;
        return Charge(bytes + DeflatedStorageBytes);
    }

    /// <summary>Charges memory; returns what is wrong in words, or null.</summary>
    public string? Charge(long bytes)
    {
        TreeBytes += bytes;
        return TreeBytes <= memoryLimit ? null : $"The object tree {(hasUnpacked ? "and the unpacked storages take" : "takes")} more than {memoryLimit} bytes of memory, the limit (MemoryRatio) of {limits.MemoryRatio} times the file and 64 MiB";
    }

    /// <summary>Gives back what was charged for a node that nothing refers to any more.</summary>
    public void Refund(long bytes) => TreeBytes -= bytes;

    /// <summary>Charges a tensor; returns what is wrong in words, or null.</summary>
    public string? ChargeTensor(long bytes)
    {
        if (bytes > logicalLimit - logicalBytes)
            return $"The tensors have {(Int128)logicalBytes + bytes} bytes laid out or more, the limit (LogicalRatio) is {limits.LogicalRatio} times the file and 64 MiB, {logicalLimit}";
        logicalBytes += bytes;
        return null;
    }
}
