using System.Buffers.Binary;
using System.Text;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Containers;

/// <summary>Tells what a file is by its first bytes: which reader it goes to, or what the error calls it.</summary>
internal static class FileKind
{
    private const int HeadBytes = 512;

    /// <summary>The first bytes of a file, by which it is told.</summary>
    public static byte[] ReadHead(MappedMemory file)
    {
        var head = new byte[Math.Min(HeadBytes, file.Length)];
        file.Read(0, head);
        return head;
    }

    /// <summary>Whether a file starts as a zip archive does.</summary>
    public static bool IsZip(ReadOnlySpan<byte> head) => head is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..];

    /// <summary>The error for a file that no reader takes.</summary>
    public static CheckpointFormatException Describe(ReadOnlySpan<byte> head, MappedMemory file)
    {
        if (file.Length == 0)
            return new CheckpointFormatException("This is an empty file, not an OpenNMT-py checkpoint", file.Path);
        return RecogniseOther(head, file.Length) is { } kind
            ? NotACheckpoint(kind, file.Path)
            : new CheckpointFormatException("This is no model file: expected a file of torch.save, a pickle, safetensors or numpy", file.Path, entry: null, byteOffset: 0);
    }

    /// <summary>The error for a folder.</summary>
    public static CheckpointFormatException DescribeFolder(string path)
    {
        bool Has(string name) => File.Exists(Path.Combine(path, name));
        bool HasAny(string pattern) => Directory.EnumerateFiles(path, pattern).Any();
        var kind = Has("model.bin") ? "a CTranslate2 model folder"
            : Has("config.json") && (HasAny("*.safetensors") || HasAny("pytorch_model*.bin")) ? "a Hugging Face model folder"
            : HasAny("*.onnx") ? "a folder of ONNX models"
            : HasAny("*.gguf") ? "a folder of GGUF models"
            : "a folder";
        return NotACheckpoint(kind, path);
    }

    public static CheckpointFormatException NotACheckpoint(string kind, string path) => new($"This is {kind}, not an OpenNMT-py checkpoint", path);

    private static string? RecogniseOther(ReadOnlySpan<byte> head, long fileBytes) =>
        RecogniseModel(head) ?? RecogniseArchive(head) ?? RecognisePicture(head) ?? RecogniseText(head, fileBytes);

    private static string? RecogniseModel(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("GGUF"u8))
            return "a GGUF model";
        if (head.StartsWith("lmgg"u8) || head.StartsWith("tjgg"u8))
            return "a GGML model";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F']))
            return "an HDF5 file (Keras and others)";
        if (head.Length >= 24 && BinaryPrimitives.ReadUInt32LittleEndian(head) is >= 1 and <= 16 && head[6..].StartsWith("Transformer"u8))
            return "a CTranslate2 model";
        if (head is [0x08, >= 1 and <= 32, 0x12, ..] or [0x08, >= 1 and <= 32, 0x1A, ..] or [0x08, >= 1 and <= 32, 0x3A, ..])
            return "an ONNX model";
        return head is [0x0A, >= 2 and < 0x80, 0x0A, ..] ? "a SentencePiece model" : null;
    }

    private static string? RecogniseArchive(ReadOnlySpan<byte> head) => head switch
    {
        [0x1F, 0x8B, ..] => "a gzip file",
        [(byte)'B', (byte)'Z', (byte)'h', ..] => "a bzip2 file",
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "an xz file",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "a zstd file",
        [0x04, 0x22, 0x4D, 0x18, ..] => "an lz4 file",
        [(byte)'7', (byte)'z', 0xBC, 0xAF, ..] => "a 7z archive",
        [(byte)'R', (byte)'a', (byte)'r', (byte)'!', ..] => "a rar archive",
        [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] => "an ELF program",
        [(byte)'M', (byte)'Z', ..] => "a Windows program",
        _ => null,
    };

    private static string? RecognisePicture(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "a PNG picture",
        [0xFF, 0xD8, 0xFF, ..] => "a JPEG picture",
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "a GIF picture",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "a PDF document",
        _ => null,
    };

    private static string? RecogniseText(ReadOnlySpan<byte> head, long fileBytes)
    {
        if (head.StartsWith("version https://git-lfs"u8))
            return "a Git LFS pointer (the real file was not downloaded)";
        if (head.TrimStart(" \t\r\n"u8).StartsWith("<"u8))
            return "an HTML or XML page";
        // The head may end inside a character: up to three bytes at its end need not be whole.
        var whole = fileBytes > head.Length ? head[..^3] : head;
        var isText = whole.IndexOfAnyInRange((byte)0, (byte)8) < 0 && Encoding.UTF8.GetCharCount(whole) > 0 && !Encoding.UTF8.GetString(whole).AsSpan().TrimEnd('\uFFFD').Contains('\uFFFD');
        if (!isText)
            return null;
        return head.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] ? "a JSON or text file" : "a text file";
    }
}
