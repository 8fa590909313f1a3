using Galvani.Checkpoints.Packing;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Containers;

/// <summary>What the reader of a container gives: everything that a checkpoint shows of it.</summary>
/// <param name="Kind">The form.</param>
/// <param name="Root">The root of the object tree.</param>
/// <param name="Entries">The named parts of the file, in file order (in directory order in an archive).</param>
/// <param name="Storages">The storages, in the order they are first named.</param>
internal sealed record ContainerContent(ContainerKind Kind, PickleValue Root, IReadOnlyList<ArchiveEntry> Entries, IReadOnlyCollection<StorageView> Storages)
{
    /// <summary>The version of the format as the file has it, or null.</summary>
    public string? FormatVersion { get; init; }

    /// <summary>The packed projections of a <c>.galvani</c> file; null in other forms.</summary>
    public PackedContent? Packing { get; init; }

    /// <summary>The pickle of the object tree; null where the form has none.</summary>
    public PicklePart? Pickle { get; init; }
}

/// <summary>The pickle of a container.</summary>
/// <param name="Name">The entry that holds it; null where it is the file itself.</param>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Read">Gives its bytes.</param>
internal sealed record PicklePart(string? Name, int Protocol, Func<ReadOnlyMemory<byte>> Read);
