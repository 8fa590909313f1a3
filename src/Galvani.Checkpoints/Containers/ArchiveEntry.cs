namespace Galvani.Checkpoints.Containers;

/// <summary>An entry of an archive's directory, or a named part of a file that is no archive.</summary>
/// <param name="Name">The full name, such as <c>model/data/17</c>.</param>
/// <param name="DataOffset">Where its bytes begin in the file.</param>
/// <param name="CompressedBytes">The bytes it takes in the file.</param>
/// <param name="Bytes">The bytes it has unpacked.</param>
/// <param name="IsDeflated">Whether it is compressed; torch itself stores.</param>
/// <param name="Crc32">The checksum of the unpacked bytes as the directory has it; 0 may mean that none was written.</param>
/// <param name="HeaderOffset">Where its local header begins; where the part itself begins in a file that is no archive.</param>
public sealed record ArchiveEntry(string Name, long DataOffset, long CompressedBytes, long Bytes, bool IsDeflated, uint Crc32, long HeaderOffset)
{
    /// <summary>Whether a checksum is recorded; newer torch can be told to write none, which shows as 0.</summary>
    public bool HasChecksum => Crc32 != 0 || Bytes == 0;
}
