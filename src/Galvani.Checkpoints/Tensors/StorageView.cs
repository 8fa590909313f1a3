using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>A storage: a run of elements of one type that tensors are views of. Its bytes stay in the mapped file until they are asked for.</summary>
public sealed class StorageView
{
    // A file may have a million storages: what few of them need is in objects of its own.
    private readonly MappedMemory? memory; // with start: the bytes lie in the map
    private readonly object? source; // else a ReadPart, a Range, an UnpackedBytes or an ElementContent
    private readonly StorageView? untyped;
    private StorageView? retyped;
    private long start;

    internal StorageView(string key, DType type, long elementCount, string location, string? entryName, MappedMemory memory, long start)
        : this(key, type, elementCount, location, entryName, source: null) => (this.memory, this.start) = (memory, start);

    internal StorageView(string key, DType type, long elementCount, string location, string? entryName, Func<byte[]> unpack)
        : this(key, type, elementCount, location, entryName, (object)new MadeBytes(unpack))
    {
    }

    internal StorageView(string key, DType type, long elementCount, string location, string? entryName, UnpackedBytes unpacked)
        : this(key, type, elementCount, location, entryName, (object)unpacked)
    {
    }

    internal StorageView(string key, DType type, long elementCount, string location, string? entryName, ReadPart readPart)
        : this(key, type, elementCount, location, entryName, (object)readPart)
    {
    }

    private StorageView(StorageView original, DType type)
        : this(original.Key, type, original.ByteCount / type.ElementBytes(), original.Location, original.EntryName, original.source) =>
        (memory, untyped, IsDequantized) = (original.memory, original.Untyped, original.IsDequantized);

    private StorageView(string key, DType type, long elementCount, string location, string? entryName, object? source) =>
        (Key, DType, ElementCount, Location, EntryName, this.source) = (key, type, elementCount, location, entryName, source);

    /// <summary>Gives a range of a storage's bytes that was checked against its size.</summary>
    internal delegate ReadOnlySpan<byte> ReadPart(long byteOffset, int byteCount);

    /// <summary>The storage's key in the file, such as <c>17</c>.</summary>
    public string Key { get; }

    /// <summary>The type of its elements; untyped storages are <c>uint8</c>.</summary>
    public DType DType { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The number of bytes.</summary>
    public long ByteCount => ElementCount * DType.ElementBytes();

    /// <summary>The device it was on when it was saved: <c>cpu</c>, <c>cuda:0</c>. Shown, never required.</summary>
    public string Location { get; }

    /// <summary>The archive entry that holds it, such as <c>data/17</c>; null outside an archive.</summary>
    public string? EntryName { get; }

    /// <summary>The storage that the file has, of which this one may be the elements of another type.</summary>
    internal StorageView Untyped => untyped ?? this;

    /// <summary>Where the bytes lie in the map; 0 where they do not.</summary>
    internal long MapOffset => Untyped.start; // a storage of another type may have been made before that was known

    /// <summary>Where the bytes are, in few words; null where they are neither in a map nor unpacked from an entry.</summary>
    internal StoragePlace? Place
    {
        get
        {
            var (root, firstByte) = source is Range range ? (range.Root, range.FirstByte) : (this, 0);
            return root.memory is { } map ? new StoragePlace(map, root.MapOffset + firstByte)
                : root.source is DeflatedBytes deflated ? new StoragePlace(deflated, firstByte)
                : null;
        }
    }

    /// <summary>Whether the elements are made when they are asked for.</summary>
    internal bool IsComputed => Content is not null;

    /// <summary>What makes the elements when they are asked for; null where they are in the file.</summary>
    internal ElementContent? Content => source as ElementContent;

    /// <summary>Whether the elements are what integers of 8 bits stand for, rather than what a model was trained to.</summary>
    internal bool IsDequantized { get; init; }

    /// <summary>A float32 storage of a file that holds it in another form; its elements are made when they are asked for.</summary>
    internal static StorageView Computed(string key, long elementCount, string location, string entryName, bool isDequantized, ElementContent content) =>
        new(key, DType.Float32, elementCount, location, entryName, (object)content) { IsDequantized = isDequantized };

    /// <summary>A storage whose elements are made when they are asked for; it is in no file.</summary>
    internal static StorageView Computed(DType type, long elementCount, ElementContent content, bool isDequantized = false) =>
        new("", type, elementCount, "cpu", entryName: null, (object)content) { IsDequantized = isDequantized };

    /// <summary>A storage of a file whose elements are made from what it holds when they are asked for.</summary>
    internal static StorageView Computed(StorageView stored, long elementCount, ElementContent content) =>
        new(stored.Key, stored.DType, elementCount, stored.Location, stored.EntryName, (object)content);

    /// <summary>Says where in the map the bytes begin, in a form that tells it behind what names the storage.</summary>
    internal void Begin(long mapOffset) => start = mapOffset;

    /// <summary>A run of the elements as a storage of its own; the bytes stay where they are.</summary>
    internal StorageView Part(long firstElement, long elementCount)
    {
        var firstByte = firstElement * DType.ElementBytes();
        var range = source is Range whole ? whole with { FirstByte = whole.FirstByte + firstByte } : new Range(this, firstByte);
        return new StorageView(Key, DType, elementCount, Location, EntryName, range) { IsDequantized = IsDequantized };
    }

    /// <summary>The same bytes as elements of another type: the same instance for the same type, so that tensors still share it.</summary>
    internal StorageView WithType(DType type)
    {
        if (type == DType)
            return this;
        if (retyped is null || retyped.DType != type)
            retyped = new StorageView(this, type);
        return retyped;
    }

    /// <summary>
    /// A part of the bytes, little endian, straight from the map (from memory where the entry is deflated, or the elements are computed).
    /// </summary>
    /// <param name="byteOffset">From the start of the storage.</param>
    /// <param name="byteCount">The length.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the storage.</exception>
    /// <exception cref="CheckpointFormatException">A deflated entry is broken.</exception>
    public ReadOnlySpan<byte> ReadBytes(long byteOffset, int byteCount)
    {
        CheckRange(byteOffset, byteCount);
        switch (source)
        {
            case ElementContent content:
                var made = new byte[byteCount];
                Make(content, byteOffset, made);
                return made;
            case ReadPart readPart:
                return readPart(byteOffset, byteCount);
            case Range range:
                return range.Root.ReadBytes(range.FirstByte + byteOffset, byteCount);
            case UnpackedBytes unpacked:
                return unpacked.Bytes.AsSpan((int)byteOffset, byteCount);
            default:
                return memory!.Slice(MapOffset + byteOffset, byteCount);
        }
    }

    /// <summary>Copies a part of the bytes, little endian; elements that are computed are made in the destination.</summary>
    /// <param name="byteOffset">From the start of the storage.</param>
    /// <param name="destination">As many bytes as it has are copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the storage.</exception>
    /// <exception cref="CheckpointFormatException">A deflated entry is broken.</exception>
    public void CopyBytes(long byteOffset, Span<byte> destination)
    {
        CheckRange(byteOffset, destination.Length);
        if (source is ElementContent content)
            Make(content, byteOffset, destination);
        else if (memory is not null)
            memory.Read(MapOffset + byteOffset, destination); // what is copied need not be resident in the map, too
        else
            ReadBytes(byteOffset, destination.Length).CopyTo(destination);
    }

    /// <summary>Whole elements are made; a part that begins or ends inside one is cut out of them.</summary>
    private void Make(ElementContent content, long byteOffset, Span<byte> destination)
    {
        var elementBytes = DType.ElementBytes();
        var (first, skipped) = Math.DivRem(byteOffset, elementBytes);
        if (skipped == 0 && destination.Length % elementBytes == 0)
        {
            content(first, destination);
            return;
        }

        var whole = new byte[(skipped + destination.Length + elementBytes - 1) / elementBytes * elementBytes];
        content(first, whole);
        whole.AsSpan((int)skipped, destination.Length).CopyTo(destination);
    }

    private void CheckRange(long byteOffset, int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, ByteCount - byteOffset);
    }

    /// <summary>Bytes from one on of another storage, which is itself no range: a file may have parts of parts without end.</summary>
    private sealed record Range(StorageView Root, long FirstByte);

    /// <summary>Bytes that are made when they are first asked for, and kept as long as memory allows.</summary>
    private sealed class MadeBytes(Func<byte[]> make) : UnpackedBytes
    {
        private readonly Lock gate = new();
        private readonly WeakReference<byte[]?> bytes = new(null);

        public override byte[] Bytes
        {
            get
            {
                lock (gate)
                {
                    if (!bytes.TryGetTarget(out var known))
                        bytes.SetTarget(known = make());
                    return known;
                }
            }
        }
    }
}
