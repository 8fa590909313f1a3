// The safetensors format, as its README specifies it: 8 bytes with the length of the header (little endian), the header (JSON, UTF-8, beginning with
// '{', perhaps padded with spaces), and the bytes of the tensors, row-major, without holes and without overlap. Read strictly: what the
// specification forbids is refused, also where other readers let it pass.
using System.Buffers.Binary;
using System.Globalization;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Reads safetensors files. The tensors stay where they are.</summary>
internal sealed class SafetensorsContainer
{
    /// <summary>The longest header, as the reference implementation has it.</summary>
    public const long MostHeaderBytes = 100_000_000;

    private const int LengthBytes = sizeof(ulong);
    private const string HeaderName = "header";

    private readonly MappedMemory memory;
    private readonly CheckpointLimits limits;
    private readonly PickleBudget budget;
    private readonly List<StorageView> storages = [];
    private readonly long dataOffset;

    private SafetensorsContainer(MappedMemory memory, PickleRunner runner)
    {
        (this.memory, limits, budget) = (memory, runner.Limits, runner.Budget);
        dataOffset = LengthBytes + ReadHeaderLength();
    }

    /// <summary>Whether a file begins like one of these: a length that is no text, and the start of JSON, be it behind space that should not be there.</summary>
    public static bool HasHeader(ReadOnlySpan<byte> head, long fileBytes)
    {
        if (head.Length <= LengthBytes)
            return false;
        var isText = head[..LengthBytes].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
        var fits = BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)(fileBytes - LengthBytes);
        return !isText && (head[LengthBytes] == '{' || fits && head[LengthBytes] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r' && head[LengthBytes..].TrimStart(" \t\r\n"u8) is [(byte)'{', ..]);
    }

    /// <summary>Reads the header.</summary>
    /// <exception cref="CheckpointFormatException">The file breaks the specification.</exception>
    /// <exception cref="UnsupportedCheckpointException">A tensor has a type that is not read.</exception>
    public static ContainerContent Read(MappedMemory memory, PickleRunner runner) => new SafetensorsContainer(memory, runner).Read();

    private ContainerContent Read()
    {
        var headerBytes = (int)(dataOffset - LengthBytes);
        var header = new SafetensorsHeader(memory.Slice(LengthBytes, headerBytes), budget, memory.Path).Read();
        CheckLayout(header.Tensors);
        storages.EnsureCapacity(header.Tensors.Count);
        var root = new PickleDictionary();
        root.Reserve(header.Tensors.Count + 1);
        if (header.Metadata is not null)
            root.Set(new PickleString(SafetensorsHeader.MetadataKey), header.Metadata);
        foreach (var tensor in header.Tensors)
            root.Set(new PickleString(tensor.Name), new PickleTensor(CreateView(tensor)));
        var headerPart = new ArchiveEntry(HeaderName, LengthBytes, headerBytes, headerBytes, IsDeflated: false, Crc32: 0, HeaderOffset: 0);
        return new ContainerContent(ContainerKind.Safetensors, root, new SafetensorsParts(headerPart, storages), storages);
    }

    private long ReadHeaderLength()
    {
        Span<byte> length = stackalloc byte[LengthBytes];
        memory.Read(0, length);
        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes > MostHeaderBytes)
            throw Error($"The header announces {headerBytes} bytes, the most is {MostHeaderBytes}", 0);
        return headerBytes <= (ulong)(memory.Length - LengthBytes) ? (long)headerBytes : throw Error($"The header announces {headerBytes} bytes, the file has {memory.Length - LengthBytes} left", 0);
    }

    /// <summary>The tensors' bytes follow one another from the header to the end of the file.</summary>
    private void CheckLayout(IReadOnlyList<SafetensorsTensor> tensors)
    {
        var end = 0L;
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Start).ThenBy(tensor => tensor.End))
        {
            if (tensor.Start < end)
                throw Error($"Tensor {PickleText.Quote(tensor.Name.AsSpan())} begins at {tensor.Start}, inside another that ends at {end}", dataOffset + tensor.Start);
            if (tensor.Start > end)
                throw Error($"{tensor.Start - end} bytes at {end} belong to no tensor", dataOffset + end);
            end = tensor.End;
        }

        if (end != memory.Length - dataOffset)
            throw Error($"The tensors take {end} bytes, the file has {memory.Length - dataOffset} behind the header", dataOffset + Math.Min(end, memory.Length - dataOffset));
    }

    private TensorView CreateView(SafetensorsTensor tensor)
    {
        if (tensor.Shape.Length > limits.Rank)
            throw Error($"Tensor {PickleText.Quote(tensor.Name.AsSpan())} has {tensor.Shape.Length} dimensions, the limit (Rank) is {limits.Rank}", LengthBytes);
        var (start, bytes) = (dataOffset + tensor.Start, tensor.End - tensor.Start);
        var key = storages.Count.ToString(CultureInfo.InvariantCulture);
        var storage = new StorageView(key, tensor.Type, bytes / tensor.Type.ElementBytes(), "cpu", tensor.Name, memory, start);
        storages.Add(storage);
        return new TensorView(storage, 0, tensor.Shape, RowMajor.Strides(tensor.Shape));
    }

    private CheckpointFormatException Error(string problem, long offset) => new(problem, memory.Path, entry: null, offset);
}
