using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Galvani.Kernels;

/// <summary>Memory that begins on a cache line, so that no vector load crosses one, and does not move: of this process, or a part of a mapped file, which is only read.</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed class AlignedMemory<T>
    where T : unmanaged
{
    private const int AlignmentBytes = 64;
    private const int LargestSpare = 1 << 20;
    private readonly T[]? own;
    private readonly byte[]? shared;
    private readonly MappedMemory? file;
    private readonly long first; // in the elements of own, in the bytes of shared and file

    /// <summary>Zeroed memory.</summary>
    /// <param name="count">The elements.</param>
    /// <exception cref="OverflowException">These are more than an array can hold.</exception>
    public AlignedMemory(long count)
    {
        Count = checked((int)count);
        own = GC.AllocateArray<T>(checked(Count + AlignmentBytes / Unsafe.SizeOf<T>()), pinned: true);
        first = FirstAligned(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(own))) / Unsafe.SizeOf<T>();
    }

    private AlignedMemory(T[] own, int first, int count) => (this.own, this.first, Count) = (own, first, count);

    private AlignedMemory(byte[] shared, int first, int count) => (this.shared, this.first, Count) = (shared, first, count);

    private AlignedMemory(MappedMemory file, long first, int count) => (this.file, this.first, Count) = (file, first, count);

    /// <summary>The number of elements.</summary>
    public int Count { get; }

    /// <summary>The elements, to be written.</summary>
    /// <exception cref="InvalidOperationException">They are a mapped file's.</exception>
    public Span<T> Span => own is not null ? own.AsSpan((int)first, Count)
        : shared is not null ? MemoryMarshal.Cast<byte, T>(shared.AsSpan((int)first, Count * Unsafe.SizeOf<T>()))
        : throw new InvalidOperationException("Elements of a mapped file are only read.");

    /// <summary>The elements, to be read.</summary>
    /// <exception cref="ObjectDisposedException">They are those of a mapped file that was closed.</exception>
    public ReadOnlySpan<T> Values => file is null ? Span : MemoryMarshal.Cast<byte, T>(file.Slice(first, Count * Unsafe.SizeOf<T>()));

    /// <summary>Memory for what stays as long as a model does: its contents are whatever was there before, and several share large pages.</summary>
    /// <param name="count">The elements.</param>
    /// <exception cref="OverflowException">These are more than an array can hold.</exception>
    public static AlignedMemory<T> Lasting(long count)
    {
        var elements = checked((int)count);
        var (block, start) = LastingBlocks.Take(checked(elements * Unsafe.SizeOf<T>()), AlignmentBytes);
        return new AlignedMemory<T>(block, start, elements);
    }

    /// <summary>A part of a mapped file. It must not be read once the file is closed.</summary>
    /// <param name="file">The file; a map begins on a page.</param>
    /// <param name="byteOffset">Where the elements begin: on a cache line.</param>
    /// <param name="count">The elements.</param>
    /// <exception cref="ArgumentException">They do not begin on a cache line.</exception>
    /// <exception cref="ArgumentOutOfRangeException">They are not inside the file.</exception>
    /// <exception cref="OverflowException">They are more than 2 GiB.</exception>
    public static AlignedMemory<T> Mapped(MappedMemory file, long byteOffset, long count)
    {
        if (byteOffset % AlignmentBytes != 0)
            throw new ArgumentException($"Byte {byteOffset} is no multiple of {AlignmentBytes}.", nameof(byteOffset));
        _ = file.Slice(byteOffset, checked((int)(count * Unsafe.SizeOf<T>())));
        return new AlignedMemory<T>(file, byteOffset, (int)count);
    }

    /// <summary>Memory whose contents are whatever was there before: that of <paramref name="previous"/>, which must not be used any more, if it is large enough.</summary>
    /// <param name="previous">Null for none.</param>
    /// <param name="count">The elements.</param>
    /// <exception cref="OverflowException">These are more than an array can hold.</exception>
    public static AlignedMemory<T> Reuse(AlignedMemory<T>? previous, long count)
    {
        if (previous?.own is { } array && array.Length - previous.first >= count)
            return new AlignedMemory<T>(array, (int)previous.first, (int)count);
        var larger = new AlignedMemory<T>(count + Math.Min(count / 4, LargestSpare)); // so that memory soon stops growing
        return new AlignedMemory<T>(larger.own!, (int)larger.first, (int)count);
    }

    private static unsafe int FirstAligned(ref byte pinned)
    {
        var misaligned = (int)((nuint)Unsafe.AsPointer(ref pinned) % AlignmentBytes);
        return misaligned == 0 ? 0 : AlignmentBytes - misaligned;
    }
}
