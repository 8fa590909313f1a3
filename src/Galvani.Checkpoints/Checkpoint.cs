using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints;

/// <summary>
/// A file of tensors, opened by mapping it: what describes the tensors is read (a directory, a pickle, a header), the numbers are not. Nothing in the file is
/// executed. Read are the forms of <see cref="ContainerKind"/>, told by content. Immutable; may be read by many threads. Disposing it unmaps the file: spans taken from its tensors must not be used afterwards.
/// A file that is in memory as a whole is read there.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly MappedMemory memory;
    private readonly ContainerContent content;
    private readonly CheckpointLimits limits;

    private Checkpoint(MappedMemory memory, CheckpointLimits limits, List<PickleFinding> findings)
    {
        (this.memory, this.limits) = (memory, limits);
        var runner = new PickleRunner(memory.Path, memory.Length, limits, findings);
        content = ContainerReader.Read(memory, runner);
        Findings = findings;
        Tensors = new TensorLister(limits, runner.Budget, memory.Length, memory.Path, PickleEntry).List(Root);
        Packing?.Bind(Tensors);
    }

    /// <summary>The path as given; the name of a file that was in memory.</summary>
    public string FilePath => memory.Path;

    /// <summary>The file's bytes.</summary>
    internal MappedMemory Memory => memory;

    /// <summary>Whether <see cref="FilePath"/> is the path of a file: false where the bytes were in memory, beside which there is nothing to look for.</summary>
    public bool IsFile => memory.IsFile;

    /// <summary>The file's length.</summary>
    public long FileBytes => memory.Length;

    /// <summary>The form of the file.</summary>
    public ContainerKind Container => content.Kind;

    /// <summary>The root of the object tree; in a form without one, a dictionary of the tensors by name.</summary>
    public PickleValue Root => content.Root;

    /// <summary>The protocol of the pickle; null where there is none.</summary>
    public int? PickleProtocol => content.Pickle?.Protocol;

    /// <summary>The version of the format as a torch file has it, or null.</summary>
    public string? FormatVersion => content.FormatVersion;

    /// <summary>The archive's entries in directory order, or the named parts of a file that is no archive; none for a plain pickle.</summary>
    public IReadOnlyList<ArchiveEntry> Entries => content.Entries;

    /// <summary>The name of the pickle's entry; null where there is no pickle, or the file is nothing else.</summary>
    public string? PickleEntry => content.Pickle?.Name;

    /// <summary>Every tensor of the tree by path, in file order; one that several paths lead to is listed under each, as the same instance.</summary>
    public IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>The storages, in the order the file names them.</summary>
    public IReadOnlyCollection<StorageView> Storages => content.Storages;

    /// <summary>The projections of a <c>.galvani</c> file; null in every other form.</summary>
    public PackedContent? Packing => content.Packing;

    /// <summary>Globals that are not interpreted: what a Python loader would have imported or called.</summary>
    public IReadOnlyList<PickleFinding> Findings { get; }

    /// <summary>Opens a file of any form that is read.</summary>
    /// <param name="path">The file; its extension does not matter.</param>
    /// <param name="limits">Bounds on what it may make the reader do; null for the defaults.</param>
    /// <exception cref="CheckpointFormatException">The file is broken, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file is a model in a form that is not read; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Checkpoint Open(string path, CheckpointLimits? limits = null) => Open(path, limits, []);

    /// <summary>Opens a file of any form that is read, whose bytes are in memory: they are used where they are, and must not be changed until the checkpoint is disposed.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="name">What errors and <see cref="FilePath"/> call it; no file of that name is looked for.</param>
    /// <param name="limits">Bounds on what it may make the reader do; null for the defaults.</param>
    /// <exception cref="CheckpointFormatException">The bytes are broken, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">They are a model in a form that is not read; the message names it.</exception>
    public static Checkpoint Open(ReadOnlyMemory<byte> content, string name = "memory", CheckpointLimits? limits = null) => Open(MappedMemory.Of(content, name), limits, []);

    /// <summary>
    /// Looks for what a file would make Python run, without running it: as <see cref="Open(string, CheckpointLimits?)"/>, but a file that breaks off or is
    /// refused gives the findings up to there, and the reason.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds on what it may make the reader do; null for the defaults.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PickleScan Scan(string path, CheckpointLimits? limits = null)
    {
        var findings = new List<PickleFinding>();
        try
        {
            using var checkpoint = Open(path, limits, findings);
            return new PickleScan(findings, Failure: null);
        }
        catch (Exception exception) when (exception is CheckpointFormatException or UnsupportedCheckpointException)
        {
            return new PickleScan(findings, exception);
        }
    }

    /// <summary>The node at a path of the object tree, or null (<see cref="ObjectTree"/> tells the form of paths).</summary>
    /// <param name="objectPath"><c>/</c> is the root.</param>
    public PickleValue? Find(string objectPath) => ObjectTree.Find(Root, objectPath);

    /// <summary>The bytes of the pickle, unpacked.</summary>
    /// <exception cref="UnsupportedCheckpointException">The form has no pickle.</exception>
    public ReadOnlyMemory<byte> ReadPickle() =>
        content.Pickle?.Read() ?? throw new UnsupportedCheckpointException($"The file has no pickle: its form is {Container.Describe()} ({FilePath}).");

    /// <summary>The unpacked bytes of an entry, to read forward: for checking and copying. Must not be used once the checkpoint is disposed.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <exception cref="CheckpointFormatException">
    /// The entry is over a limit; while reading: its deflated bytes are broken, or more or fewer than the directory announces.
    /// </exception>
    public Stream OpenEntry(ArchiveEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return ArchiveInflater.OpenStream(memory, entry, limits);
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => memory.Dispose();

    private static Checkpoint Open(string path, CheckpointLimits? limits, List<PickleFinding> findings)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw FileKind.DescribeFolder(path);
        return Open(MappedMemory.Open(path), limits, findings);
    }

    private static Checkpoint Open(MappedMemory memory, CheckpointLimits? limits, List<PickleFinding> findings)
    {
        try
        {
            return new Checkpoint(memory, limits ?? CheckpointLimits.Default, findings);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
