using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>The bytes that a container is read from: a mapped file, or what a pickle holds as the bytes of a container.</summary>
internal sealed class ByteSource
{
    private readonly MappedMemory? memory;
    private readonly ReadOnlyMemory<byte> bytes;

    public ByteSource(MappedMemory memory)
        : this(memory, memory.Length)
    {
    }

    private ByteSource(MappedMemory memory, long length) => (this.memory, Length, Path, EntryPrefix) = (memory, length, memory.Path, "");

    /// <param name="bytes">A container inside another.</param>
    /// <param name="path">The file it is in.</param>
    /// <param name="entryPrefix">Says in errors where in the file.</param>
    public ByteSource(ReadOnlyMemory<byte> bytes, string path, string entryPrefix) => (this.bytes, Length, Path, EntryPrefix) = (bytes, bytes.Length, path, entryPrefix);

    /// <summary>The map that the bytes lie in, at the same places; null where a pickle holds them.</summary>
    public MappedMemory? Memory => memory;

    public long Length { get; }

    public string Path { get; }

    /// <summary>What stands in front of the names of parts in errors.</summary>
    public string EntryPrefix { get; }

    /// <summary>The bytes up to a place, which is inside.</summary>
    public ByteSource Until(long end) => memory is not null ? new ByteSource(memory, end) : new ByteSource(bytes[..checked((int)end)], Path, EntryPrefix);

    /// <summary>A range of the bytes, without copying.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside.</exception>
    public ReadOnlySpan<byte> Slice(long byteOffset, int byteCount) => memory is not null ? memory.Slice(byteOffset, byteCount) : bytes.Span.Slice(checked((int)byteOffset), byteCount);
}
