using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints;

/// <summary>
/// A PyTorch model file, opened by mapping it: the archive's directory and the pickle are read, the weights are not. Nothing in the file is executed.
/// Immutable; may be read by many threads. Disposing it unmaps the file: spans taken from its tensors must not be used afterwards.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly MappedMemory memory;
    private readonly TorchArchive archive;

    private Checkpoint(MappedMemory memory, CheckpointLimits limits)
    {
        this.memory = memory;
        archive = new TorchArchive(memory, limits);
        var machine = new PickleMachine(memory.Path, archive.PickleEntry.Name, limits, archive.Resolve);
        var pickle = archive.ReadPickle();
        Root = machine.Run(pickle, out var consumed);
        if (consumed != pickle.Length)
            throw new CheckpointFormatException($"{pickle.Length - consumed} bytes follow the pickle's STOP", memory.Path, archive.PickleEntry.Name, consumed);
        Findings = machine.Findings;
        PickleProtocol = machine.Protocol;
        Tensors = ObjectTree.Tensors(Root, limits, problem => new CheckpointFormatException(problem, memory.Path, archive.PickleEntry.Name));
        CheckLogicalBytes(limits);
    }

    /// <summary>The path as given.</summary>
    public string FilePath => memory.Path;

    /// <summary>The file's length.</summary>
    public long FileBytes => memory.Length;

    /// <summary>The root of the object tree.</summary>
    public PickleValue Root { get; }

    /// <summary>The protocol of the pickle.</summary>
    public int PickleProtocol { get; }

    /// <summary>torch's format version as the archive's <c>version</c> entry has it, or null.</summary>
    public string? FormatVersion => archive.FormatVersion;

    /// <summary>The archive's entries in directory order.</summary>
    public IReadOnlyList<ArchiveEntry> Entries => archive.Entries;

    /// <summary>The name of the pickle's entry.</summary>
    public string PickleEntry => archive.PickleEntry.Name;

    /// <summary>Every tensor of the tree, in file order.</summary>
    public IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>The storages, in the order the pickle names them.</summary>
    public IReadOnlyCollection<StorageView> Storages => archive.Storages;

    /// <summary>Globals that are not interpreted: what a Python loader would have imported or called.</summary>
    public IReadOnlyList<PickleFinding> Findings { get; }

    /// <summary>Opens a file that <c>torch.save</c> wrote.</summary>
    /// <param name="path">The file; its extension does not matter.</param>
    /// <param name="limits">Bounds on what it may make the reader do; null for the defaults.</param>
    /// <exception cref="CheckpointFormatException">The file is broken, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file is a model in a form that is not read; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Checkpoint Open(string path, CheckpointLimits? limits = null)
    {
        var memory = MappedMemory.Open(path);
        try
        {
            if (!FileKind.IsZip(memory))
                throw NotAnArchive(memory);
            return new Checkpoint(memory, limits ?? CheckpointLimits.Default);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The node at a path of the object tree, or null (<see cref="ObjectTree"/> tells the form of paths).</summary>
    /// <param name="objectPath"><c>/</c> is the root.</param>
    public PickleValue? Find(string objectPath) => ObjectTree.Find(Root, objectPath);

    /// <summary>The bytes of the pickle, unpacked.</summary>
    public ReadOnlyMemory<byte> ReadPickle() => archive.ReadPickle();

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => memory.Dispose();

    private static Exception NotAnArchive(MappedMemory memory) => FileKind.Recognise(memory) switch
    {
        null => new CheckpointFormatException("This is no model file: expected the zip archive that torch.save writes", memory.Path, entry: null, byteOffset: 0),
        var kind when kind.Contains("torch", StringComparison.Ordinal) || kind.Contains("safetensors", StringComparison.Ordinal) =>
            new UnsupportedCheckpointException($"This is {kind}; the zip archive that torch.save writes since 1.6 is read ({memory.Path})."),
        var kind => new CheckpointFormatException($"This is {kind}, not an OpenNMT-py checkpoint", memory.Path),
    };

    private void CheckLogicalBytes(CheckpointLimits limits)
    {
        const long FreeBytes = 64L << 20;
        Int128 total = 0;
        foreach (var tensor in Tensors)
            total += tensor.View.LogicalBytes;
        var limit = (Int128)memory.Length * limits.LogicalRatio + FreeBytes;
        if (total > limit)
            throw new CheckpointFormatException(
                $"The tensors have {total} bytes laid out, the limit (LogicalRatio) is {limits.LogicalRatio} times the file and 64 MiB, {limit}", memory.Path, PickleEntry);
    }
}
