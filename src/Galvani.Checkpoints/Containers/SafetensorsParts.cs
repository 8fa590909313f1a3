using System.Collections;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Containers;

/// <summary>The named parts of a safetensors file, the header and a tensor each. Made when they are asked for: a file may have a million.</summary>
internal sealed class SafetensorsParts(ArchiveEntry header, IReadOnlyList<StorageView> storages) : IReadOnlyList<ArchiveEntry>
{
    public int Count => storages.Count + 1;

    public ArchiveEntry this[int index] => index == 0 ? header : PartOf(storages[index - 1]);

    public IEnumerator<ArchiveEntry> GetEnumerator() => storages.Select(PartOf).Prepend(header).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static ArchiveEntry PartOf(StorageView storage) =>
        new(storage.EntryName!, storage.MapOffset, storage.ByteCount, storage.ByteCount, IsDeflated: false, Crc32: 0, HeaderOffset: storage.MapOffset);
}
