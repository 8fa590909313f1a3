using System.Buffers.Binary;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Recognises files by their first bytes, so that an error can say what a file is instead of what it is not.</summary>
internal static class FileKind
{
    private const ulong LegacyMagicLow = 0xa86a20f9469cfc6c;

    /// <summary>Whether the file begins as a zip archive does.</summary>
    public static bool IsZip(MappedMemory memory) =>
        memory.Length >= 4 && memory.Slice(0, 4) is [(byte)'P', (byte)'K', 3 or 5, 4 or 6];

    /// <summary>A name for what the file is, or null where it is not recognised.</summary>
    public static string? Recognise(MappedMemory memory)
    {
        var head = memory.Slice(0, (int)Math.Min(memory.Length, 512));
        if (head.IsEmpty)
            return "an empty file";
        if (IsLegacyTorch(head))
            return "a checkpoint in torch's old container (before 1.6)";
        if (head[0] == 0x93 && head[1..].StartsWith("NUMPY"u8))
            return "a numpy array";
        if (head.StartsWith(Gzip))
            return "a gzip file";
        if (head.StartsWith(Png))
            return "a PNG picture";
        if (head.StartsWith(SevenZip))
            return "a 7z archive";
        if (head.StartsWith("GGUF"u8))
            return "a GGUF model";
        if (head.Length > 262 && head[257..].StartsWith("ustar"u8))
            return "a tar archive (torch before 0.2, or another program)";
        if (IsSafetensors(memory, head))
            return "a safetensors file";
        if (head[0] == 0x80 && head.Length > 1 && head[1] is >= 2 and <= 5)
            return "a plain pickle";
        return IsText(head) ? "a text file" : null;
    }

    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    private static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G'];

    private static ReadOnlySpan<byte> SevenZip => [(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c];

    /// <summary>PROTO 2, LONG1 of ten bytes: torch's magic number.</summary>
    private static bool IsLegacyTorch(ReadOnlySpan<byte> head) =>
        head.Length > 13 && head[0] == 0x80 && head[2] == 0x8a && head[3] == 10 && BinaryPrimitives.ReadUInt64LittleEndian(head[4..]) == LegacyMagicLow;

    private static bool IsSafetensors(MappedMemory memory, ReadOnlySpan<byte> head) =>
        head.Length > 9 && BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)(memory.Length - 8) && head[8] == (byte)'{';

    private static bool IsText(ReadOnlySpan<byte> head)
    {
        foreach (var value in head)
        {
            if (value < 32 && value is not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
                return false;
        }

        return true;
    }
}
