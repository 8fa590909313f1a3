namespace Galvani.Checkpoints;

/// <summary>Bounds on what a file may make the reader do. Every number in a file is checked against them before it is used.</summary>
public sealed record CheckpointLimits
{
    /// <summary>The defaults.</summary>
    public static CheckpointLimits Default { get; } = new();

    /// <summary>The largest unpacked pickle, in bytes. Default 256 MiB.</summary>
    public long PickleBytes { get; init; } = 256L << 20;

    /// <summary>The deepest nesting of objects. Default 1000.</summary>
    public int Nesting { get; init; } = 1000;

    /// <summary>The most decimal digits of an integer. Default 4300.</summary>
    public int IntegerDigits { get; init; } = 4300;

    /// <summary>The most dimensions of a tensor. Default 64.</summary>
    public int Rank { get; init; } = 64;

    /// <summary>The largest ratio of unpacked to packed bytes of an archive entry beyond 16 MiB unpacked. Default 200.</summary>
    public int InflationRatio { get; init; } = 200;

    /// <summary>The logical bytes of all tensors together (expanded views count in full) may be this many times the file's length, plus 64 MiB. Default 64.</summary>
    public int LogicalRatio { get; init; } = 64;

    /// <summary>The most entries of an archive. Default 1 000 000.</summary>
    public int Entries { get; init; } = 1_000_000;

    /// <summary>The memory that the object tree (an estimate) and a torch file's storages that are deflated, unpacked, may take together, or a deflated array of numpy by itself: this many times the file's length, plus 64 MiB. Default 4.</summary>
    public int MemoryRatio { get; init; } = 4;

    /// <summary>The most tensors by path; one that several paths lead to counts for each. Default 1 000 000.</summary>
    public int ListedTensors { get; init; } = 1_000_000;

    internal long LogicalBytes(long fileBytes) => Allowance(LogicalRatio, fileBytes);

    internal long MemoryBytes(long fileBytes) => Allowance(MemoryRatio, fileBytes);

    private static long Allowance(int ratio, long fileBytes)
    {
        const long FreeBytes = 64L << 20;
        return (long)Int128.Min(long.MaxValue, (Int128)fileBytes * ratio + FreeBytes);
    }
}
