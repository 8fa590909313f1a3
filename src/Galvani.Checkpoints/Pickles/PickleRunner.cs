using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Pickles;

/// <summary>Runs the pickles of one file: they share its limits, its account of memory, and its list of findings.</summary>
internal sealed class PickleRunner
{
    private readonly List<StorageView> nestedStorages = [];
    private bool isNested;

    /// <param name="path">The file, for errors.</param>
    /// <param name="fileBytes">Its size, which the bounds on memory go by.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="findings">Receives what is not interpreted, also where a pickle breaks off later.</param>
    public PickleRunner(string path, long fileBytes, CheckpointLimits limits, List<PickleFinding> findings) =>
        (Path, Limits, Budget, Findings) = (path, limits, new PickleBudget(limits, fileBytes), findings);

    public string Path { get; }

    public CheckpointLimits Limits { get; }

    public PickleBudget Budget { get; }

    public List<PickleFinding> Findings { get; }

    /// <summary>Storages that lie inside a pickle as bytes, in the order they were met.</summary>
    public IReadOnlyCollection<StorageView> NestedStorages => nestedStorages;

    /// <summary>Runs a whole pickle.</summary>
    /// <param name="pickle">Its bytes, nothing behind them.</param>
    /// <param name="entry">The entry that holds it, for errors; null where it is the file itself.</param>
    /// <param name="storages">Finds the storages it names.</param>
    /// <param name="start">Where in the entry it begins.</param>
    /// <exception cref="CheckpointFormatException">The pickle is broken or asks for more than a limit allows.</exception>
    public (PickleValue Root, int Protocol) Run(ReadOnlyMemory<byte> pickle, string? entry, IStorageSource storages, long start = 0)
    {
        var machine = new PickleMachine(new PickleCursor(pickle, Limits.IntegerDigits, Path, entry, start), storages, this);
        var root = machine.Run();
        return (root, machine.Protocol);
    }

    /// <summary>
    /// The storage inside bytes that a pickle would give to <c>torch.storage._load_from_bytes</c>: how a storage is pickled outside <c>torch.save</c>. The
    /// bytes are a container of the old form, and are read as one.
    /// </summary>
    /// <param name="container">The bytes.</param>
    /// <param name="place">Where they are, for errors.</param>
    /// <exception cref="CheckpointFormatException">They are no such container, or hold something else.</exception>
    public StorageView LoadNested(ReadOnlyMemory<byte> container, string place)
    {
        if (isNested)
            throw new CheckpointFormatException("A storage that is pickled as bytes holds another that is, expected numbers", Path, place);
        isNested = true;
        try
        {
            var content = LegacyContainer.Read(new ByteSource(container, Path, place + ": "), this);
            if (content.Root is not PickleStorage { Storage: var storage })
                throw new CheckpointFormatException("Bytes that stand for a storage hold something else", Path, place);
            nestedStorages.Add(storage);
            return storage;
        }
        finally
        {
            isNested = false;
        }
    }
}
