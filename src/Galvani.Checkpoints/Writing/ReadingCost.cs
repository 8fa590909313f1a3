using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Writing;

/// <summary>
/// The memory that reading what is written will be charged with (<see cref="PickleBudget"/>), so that no file is written that <see cref="Checkpoint.Open(string, CheckpointLimits?)"/> would refuse for it. A file that is
/// read may have bytes that the new one does not have, which allowed it a larger tree than the new one is. What leads to tensors along several paths counts along the first.
/// </summary>
internal sealed class ReadingCost
{
    private const int OtherBytes = 1024; // what is on the stack beside items: marks, containers that are being filled

    private long bytes = OtherBytes;
    private long pathCharacters; // of the node that is written
    private int pendingCount; // values that the reader's stack will hold
    private int highestPendingCount;

    /// <summary>The memory so far.</summary>
    public long Bytes => bytes + ((long)highestPendingCount * PickleBudget.ReferenceBytes);

    /// <summary>A number, a text or a name of some bytes.</summary>
    public void Leaf(long byteCount = 0) => bytes += PickleBudget.NodeBytes + (2 * byteCount);

    /// <summary>A name of a global, which is one to report where it is not known.</summary>
    public void Global(string name)
    {
        Leaf(name.Length);
        if (PickleGlobals.RoleOf(name) is GlobalRole.Unknown or GlobalRole.Partial)
            bytes += PickleBudget.FindingBytes + PickleBudget.EntryBytes;
    }

    /// <summary>An integer of more than 32 bits.</summary>
    public void LongInteger(int byteCount) => bytes += PickleBudget.NodeBytes + byteCount + (byteCount > sizeof(long) ? PickleBudget.LargeIntegerBytes : 0);

    /// <summary>An empty container.</summary>
    public void Container() => bytes += PickleBudget.ContainerBytes;

    /// <summary>A container into which another's entries or items are copied.</summary>
    public void Copy(int count) => bytes += PickleBudget.ContainerBytes + ((long)count * PickleBudget.EntryBytes);

    /// <summary>An object of a class that may be one to report.</summary>
    public void Object(string global) => bytes += PickleBudget.ContainerBytes + PickleBudget.FindingBytes + (2L * global.Length);

    /// <summary>A tuple and its items.</summary>
    public void Tuple(int count) => bytes += PickleBudget.TupleBytes + ((long)count * PickleBudget.ItemBytes);

    /// <summary>What is remembered, to be recalled.</summary>
    public void Remembered() => bytes += PickleBudget.ReferenceBytes;

    /// <summary>A tensor, where it stands first.</summary>
    public void Tensor(int rank) => bytes += PickleBudget.TensorBytes + (16L * rank);

    /// <summary>A tensor under the path of the node that is written.</summary>
    public void Listed() => bytes += PickleBudget.ListedTensorBytes + (2 * pathCharacters);

    /// <summary>A tensor of a file that names its tensors.</summary>
    public void Named(string name, int rank) =>
        bytes += PickleBudget.NamedTensorBytes + PickleBudget.ListedTensorBytes + (2L * (name.Length + ObjectTree.Escape(name).Length + 1)) + ((rank + 2L) * PickleBudget.ReferenceBytes);

    /// <summary>Items of a list or a set that have been put on the stack.</summary>
    public void Items(int count) => Take(count, count, PickleBudget.ReferenceBytes);

    /// <summary>Entries of a mapping that have been put on the stack.</summary>
    public void Entries(int count) => Take(count * 2, count, PickleBudget.EntryBytes);

    /// <summary>A value is on the stack until its container takes it.</summary>
    public void Pending() => highestPendingCount = Math.Max(highestPendingCount, ++pendingCount);

    /// <summary>The path becomes longer by a segment.</summary>
    public void Enter(int segmentCharacters) => pathCharacters += segmentCharacters + 1;

    /// <summary>The path becomes shorter again.</summary>
    public void Leave(int segmentCharacters) => pathCharacters -= segmentCharacters + 1;

    /// <summary>Checks that a file which is complete can be read.</summary>
    /// <param name="fileBytes">Its length.</param>
    /// <param name="limits">The limits that it is to be read with.</param>
    /// <exception cref="UnsupportedCheckpointException">It takes more memory than they allow.</exception>
    public void Check(long fileBytes, CheckpointLimits limits)
    {
        var (total, limit) = (Bytes, limits.MemoryBytes(fileBytes));
        if (total > limit)
        {
            throw new UnsupportedCheckpointException(
                $"The new file would have {fileBytes} bytes and take {total} bytes of memory to read, more than {limit}, the limit (MemoryRatio) of {limits.MemoryRatio} times the file and 64 MiB. Nothing is written.");
        }
    }

    private void Take(int valueCount, int count, int bytesOfEach)
    {
        pendingCount -= valueCount;
        bytes += ((long)valueCount * PickleBudget.ItemBytes) + ((long)count * bytesOfEach);
    }
}
