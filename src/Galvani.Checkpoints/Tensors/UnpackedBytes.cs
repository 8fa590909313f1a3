using Galvani.Checkpoints.Containers;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>The bytes of a storage that are in no map as they are.</summary>
internal abstract class UnpackedBytes
{
    /// <summary>All of them.</summary>
    /// <exception cref="CheckpointFormatException">They cannot be unpacked.</exception>
    public abstract byte[] Bytes { get; }
}

/// <summary>The bytes of a deflated entry, which its file unpacks and keeps.</summary>
internal sealed class DeflatedBytes(DeflatedStorages file, ArchiveEntry entry) : UnpackedBytes
{
    /// <summary>What unpacks the file's entries.</summary>
    public DeflatedStorages File => file;

    /// <summary>The entry.</summary>
    public ArchiveEntry Entry => entry;

    public override byte[] Bytes => file.Unpack(entry);
}

/// <summary>Where a storage's bytes are.</summary>
/// <param name="Source">The <see cref="MappedMemory"/> that has them, or <see cref="DeflatedBytes"/>.</param>
/// <param name="FirstByte">Where they begin in it.</param>
internal readonly record struct StoragePlace(object Source, long FirstByte);
