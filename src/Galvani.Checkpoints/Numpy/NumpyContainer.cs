using System.Globalization;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Numpy;

/// <summary>Reads numpy's files as files of tensors: headers only, the numbers stay where they are. Fortran order becomes strides.</summary>
internal static class NumpyContainer
{
    /// <summary>The name that the array of a <c>.npy</c> file is given, since it has none.</summary>
    public const string ArrayName = "array";

    private const string Extension = ".npy";

    /// <summary>Whether a file is a single array.</summary>
    public static bool IsArray(ReadOnlySpan<byte> head) => head.StartsWith(NpyHeader.Magic);

    /// <summary>Whether an archive is one of arrays: it has some, and no pickle of torch.</summary>
    public static bool IsArchive(IReadOnlyList<ArchiveEntry> entries) =>
        entries.Any(entry => entry.Name.EndsWith(Extension, StringComparison.Ordinal)) && !entries.Any(entry => TorchArchive.IsPickle(entry.Name));

    /// <summary>Reads the header of a single array.</summary>
    /// <exception cref="CheckpointFormatException">The file is broken.</exception>
    /// <exception cref="UnsupportedCheckpointException">Its elements are no numbers.</exception>
    public static ContainerContent ReadArray(MappedMemory memory, CheckpointLimits limits)
    {
        var header = NpyHeader.Read(memory.Slice(0, (int)Math.Min(memory.Length, NpyHeader.MostBytes)), memory.Path, entry: null, out var dataOffset);
        var dataBytes = memory.Length - dataOffset;
        ArchiveEntry[] parts = [Part("header", 0, dataOffset), Part(ArrayName, dataOffset, dataBytes)];
        var storage = new StorageView("0", DType.UInt8, dataBytes, "cpu", ArrayName, memory, dataOffset);
        var root = new PickleDictionary();
        var view = CreateView(header, storage, limits, memory.Path, entry: null);
        root.Set(new PickleString(ArrayName), new PickleTensor(view));
        return new ContainerContent(ContainerKind.Npy, root, parts, [view.Storage]);
    }

    /// <summary>Reads the headers of an archive's arrays.</summary>
    /// <exception cref="CheckpointFormatException">The file is broken, or has an entry that is no array.</exception>
    /// <exception cref="UnsupportedCheckpointException">The elements of an array are no numbers.</exception>
    public static ContainerContent ReadArchive(MappedMemory memory, IReadOnlyList<ArchiveEntry> entries, PickleRunner runner)
    {
        var limits = runner.Limits;
        var deflated = new DeflatedStorages(memory, limits, runner.Budget) { AreArrays = true };
        var root = new PickleDictionary();
        root.Reserve(entries.Count);
        var storages = new List<StorageView>(entries.Count);
        foreach (var entry in entries)
        {
            if (!entry.Name.EndsWith(Extension, StringComparison.Ordinal))
                throw new CheckpointFormatException($"An archive of arrays has the entry {entry.Name}, expected names that end with {Extension}", memory.Path, entry.Name);
            var header = NpyHeader.Read(ReadHead(memory, entry, limits), memory.Path, entry.Name, out var dataOffset);
            var key = storages.Count.ToString(CultureInfo.InvariantCulture);
            var view = CreateView(header, CreateStorage(memory, entry, key, dataOffset, deflated), limits, memory.Path, entry.Name);
            storages.Add(view.Storage);
            root.Set(new PickleString(entry.Name[..^Extension.Length]), new PickleTensor(view));
        }

        return new ContainerContent(ContainerKind.Npz, root, entries, storages);
    }

    /// <summary>The beginning of an array, long enough to hold its header.</summary>
    private static ReadOnlySpan<byte> ReadHead(MappedMemory memory, ArchiveEntry entry, CheckpointLimits limits)
    {
        var count = (int)Math.Min(entry.Bytes, NpyHeader.MostBytes);
        if (!entry.IsDeflated)
            return memory.Slice(entry.DataOffset, count);
        var head = new byte[count];
        using var stream = ArchiveInflater.OpenStream(memory, entry, limits);
        stream.ReadExactly(head);
        return head;
    }

    /// <summary>The bytes behind the header as a storage.</summary>
    private static StorageView CreateStorage(MappedMemory memory, ArchiveEntry entry, string key, int dataOffset, DeflatedStorages deflated)
    {
        var bytes = entry.Bytes - dataOffset;
        if (!entry.IsDeflated)
            return new StorageView(key, DType.UInt8, bytes, "cpu", entry.Name, memory, entry.DataOffset + dataOffset);
        return new StorageView(key, DType.UInt8, entry.Bytes, "cpu", entry.Name, deflated.Add(entry)).Part(dataOffset, bytes);
    }

    private static TensorView CreateView(NpyHeader header, StorageView data, CheckpointLimits limits, string path, string? entry)
    {
        var type = header.Type;
        Int128 expected = type.ElementBytes();
        foreach (var size in header.Shape)
            expected = Int128.Min(expected * size, long.MaxValue);
        if (expected != data.ByteCount)
            throw new CheckpointFormatException($"The array has {data.ByteCount} bytes of data, its shape needs {expected}", path, entry);
        var strides = header.IsFortranOrder ? RowMajor.Strides([.. header.Shape.Reverse()]).Reverse().ToArray() : RowMajor.Strides(header.Shape);
        var view = TensorBounds.Create(data.WithType(type), 0, header.Shape, strides, requiresGrad: false, limits, problem => new CheckpointFormatException(problem, path, entry));
        return header.IsBigEndian ? BigEndianNumbers.Turn(view) : view;
    }

    private static ArchiveEntry Part(string name, long offset, long bytes) => new(name, offset, bytes, bytes, IsDeflated: false, Crc32: 0, HeaderOffset: offset);
}
