using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Packing;

/// <summary>Reads and checks the index of a <c>.galvani</c> file; no weight is touched.</summary>
internal ref struct PackedIndexReader
{
    private const int MostIndexBytes = 16 << 20;
    private const int LongestWriter = 100;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly MappedMemory memory;
    private readonly ZipEntries entries;
    private readonly string prefix;
    private readonly PickleBudget budget;
    private readonly ReadOnlySpan<byte> bytes;
    private readonly Dictionary<string, (PackedProjection, PackedPart)> byKey = new(StringComparer.Ordinal);
    private int position;

    private PackedIndexReader(MappedMemory memory, ZipEntries entries, string prefix, PickleBudget budget, ReadOnlySpan<byte> bytes)
    {
        (this.memory, this.entries, this.prefix, this.budget) = (memory, entries, prefix, budget);
        this.bytes = bytes;
    }

    /// <summary>Reads the index of an archive; null where it has none and so is no <c>.galvani</c> file.</summary>
    /// <param name="memory">The file.</param>
    /// <param name="entries">Its entries.</param>
    /// <param name="prefix">The archive's folder.</param>
    /// <param name="runner">Limits and the account of memory.</param>
    /// <exception cref="CheckpointFormatException">The index is broken, or an entry of a projection is missing or has another size.</exception>
    /// <exception cref="UnsupportedCheckpointException">Another version of the format, or another layout of weights.</exception>
    public static PackedContent? Read(MappedMemory memory, ZipEntries entries, string prefix, PickleRunner runner)
    {
        if (entries.Find(prefix + PackedIndex.EntryName) is not { } entry)
            return null;
        var bytes = ArchiveInflater.Read(memory, entry, runner.Limits, MostIndexBytes, "index");
        var content = new PackedIndexReader(memory, entries, prefix, runner.Budget, bytes).Read();
        memory.PreferLargePages(); // a decoder reads every weight once a step
        return content;
    }

    private PackedContent Read()
    {
        if (!bytes.StartsWith(PackedIndex.Magic))
            throw Error("The index does not begin as that of a .galvani file does");
        position = PackedIndex.Magic.Length;
        var version = Number();
        var writer = Text();
        if (writer.Length > LongestWriter)
            throw Error($"The name of the index's writer has {writer.Length} characters, the most is {LongestWriter}");
        if (version is not (PackedIndex.FirstVersion or PackedIndex.Version))
            throw Unsupported(writer, $"version {version} of the .galvani format, and {PackedIndex.Writer} reads versions {PackedIndex.FirstVersion} and {PackedIndex.Version}");
        if (Number() is var layout && layout != StoredWeight.Layout)
            throw Unsupported(writer, $"weights in layout {layout}, and {PackedIndex.Writer} computes in layout {StoredWeight.Layout}");
        var format = Format();
        if (format == ProductFormat.Int8Quads)
            throw Error($"The file has format {(uint)format}, which is one of projections, expected 0, 1 or 2");
        var projections = ReadProjections();
        if (position != bytes.Length)
            throw Error($"The index goes on for {bytes.Length - position} bytes");
        return new PackedContent(writer, format, projections, byKey);
    }

    private PackedProjection[] ReadProjections()
    {
        var count = Number();
        if (count > entries.InOrder.Count)
            throw Error($"The index announces {count} projections, the archive has {entries.InOrder.Count} entries");
        var projections = new PackedProjection[count];
        for (var i = 0; i < projections.Length; i++)
            projections[i] = ReadProjection(i);
        return projections;
    }

    private PackedProjection ReadProjection(int index)
    {
        var (outputWidth, inputWidth) = (Size("outputs"), Size("inputs"));
        var format = Format();
        if (format != ProductFormat.Single && inputWidth > QuantizedMatrix.LargestInputWidth)
            throw Error($"A projection in 8 bits has {inputWidth} inputs, the most is {QuantizedMatrix.LargestInputWidth}");
        if ((long)outputWidth * inputWidth > PackedIndex.MostProjectionBytes)
            throw Error($"A projection has {outputWidth} outputs and {inputWidth} inputs, more than {PackedIndex.MostProjectionBytes} bytes");
        var parts = ReadParts(outputWidth);
        var projection = new PackedProjection(memory, EntryOf(index, StoredWeight.ByteCount(outputWidth, inputWidth, format)), outputWidth, inputWidth, format, parts);
        foreach (var part in parts)
        {
            if (part.StorageKey.Length > 0 && !byKey.TryAdd(part.StorageKey, (projection, part)))
                throw Error($"Storage {PickleText.Quote(part.StorageKey.AsSpan())} is packed twice");
        }

        return projection;
    }

    private PackedPart[] ReadParts(int outputWidth)
    {
        var count = Number();
        if (count == 0 || count > outputWidth)
            throw Error($"A projection of {outputWidth} outputs stacks {count} tensors");
        var parts = new List<PackedPart>();
        var firstRow = 0;
        for (var i = 0; i < count; i++)
        {
            Charge(PickleBudget.StorageBytes);
            var rowCount = Size("rows");
            if (rowCount > outputWidth - firstRow)
                throw Error($"The tensors of a projection have more rows than its {outputWidth} outputs");
            parts.Add(new PackedPart(Text(), Text(), firstRow, rowCount));
            firstRow += rowCount;
        }

        return firstRow == outputWidth ? [.. parts] : throw Error($"The tensors of a projection have {firstRow} rows, expected its {outputWidth} outputs");
    }

    private readonly ArchiveEntry EntryOf(int index, long byteCount)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{PackedIndex.ProjectionFolder}{index}");
        if (entries.Find(name) is not { } entry)
            throw Error($"The projection {index} has no entry {name}");
        if (entry.IsDeflated)
            throw new CheckpointFormatException("The projection is compressed, expected it stored, to be mapped", memory.Path, name);
        if (entry.Bytes != byteCount || byteCount > PackedIndex.MostProjectionBytes)
            throw new CheckpointFormatException($"The projection has {entry.Bytes} bytes, its sizes and format need {byteCount}, the most is {PackedIndex.MostProjectionBytes}", memory.Path, name);
        if (entry.DataOffset % StoredWeight.Alignment != 0)
            throw new CheckpointFormatException($"The projection begins at byte {entry.DataOffset}, expected a multiple of {StoredWeight.Alignment}: the archive was written anew by another program", memory.Path, name);
        return entry;
    }

    private ProductFormat Format() => Number() switch
    {
        (uint)ProductFormat.Single => ProductFormat.Single,
        (uint)ProductFormat.Int8 => ProductFormat.Int8,
        (uint)ProductFormat.Int8Exact => ProductFormat.Int8Exact,
        (uint)ProductFormat.Int8Quads => ProductFormat.Int8Quads,
        var other => throw Error($"The weights have format {other}, expected 0, 1, 2 or 3"),
    };

    private int Size(string what) => Number() is var number and >= 1 and <= int.MaxValue ? (int)number : throw Error($"A projection or tensor has a number of {what} that cannot be");

    private uint Number()
    {
        if (bytes.Length - position < sizeof(uint))
            throw Error("The index ends too early");
        position += sizeof(uint);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[(position - sizeof(uint))..]);
    }

    private string Text()
    {
        var length = Number();
        if (length > (uint)(bytes.Length - position))
            throw Error($"A text announces {length} bytes, the index has {bytes.Length - position} left");
        Charge(2L * length);
        position += (int)length;
        try
        {
            return StrictUtf8.GetString(bytes.Slice(position - (int)length, (int)length));
        }
        catch (DecoderFallbackException exception)
        {
            throw new CheckpointFormatException("A text is not UTF-8", memory.Path, prefix + PackedIndex.EntryName, position, exception);
        }
    }

    private readonly void Charge(long size)
    {
        if (budget.Charge(size) is { } problem)
            throw Error(problem);
    }

    private readonly UnsupportedCheckpointException Unsupported(string writer, string what) =>
        new($"The file, written by {PickleText.Quote(writer.AsSpan())}, has {what}: open it with the release that wrote it, or convert the checkpoint again with this one ({memory.Path}).");

    private readonly CheckpointFormatException Error(string problem) => new(problem, memory.Path, prefix + PackedIndex.EntryName, position);
}
