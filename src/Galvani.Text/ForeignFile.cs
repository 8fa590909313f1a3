using System.Text.Unicode;

namespace Galvani.Text;

/// <summary>Says what a file is that was given as a tokenizer and is none, by its first bytes.</summary>
internal static class ForeignFile
{
    private const int HeadBytes = 1 << 12;

    /// <summary>What a file is; null where that cannot be said.</summary>
    /// <param name="bytes">The file.</param>
    public static string? Recognise(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("PK\u0003\u0004"u8))
            return "a zip archive, as a checkpoint is";
        if (bytes is [0x80, >= 2 and <= 5, ..])
            return "a pickle, as an old checkpoint is";
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return "a gzip archive: unpack it first";
        if (bytes.Length > sizeof(ulong) && bytes[sizeof(ulong)] == '{' && bytes[sizeof(ulong) - 1] == 0)
            return "a safetensors file";
        return IsText(bytes[..Math.Min(bytes.Length, HeadBytes)]) ? TextKind(bytes) : null;
    }

    private static string TextKind(ReadOnlySpan<byte> text)
    {
        var trimmed = text.TrimStart(" \t\r\n"u8);
        if (trimmed is [(byte)'{' or (byte)'[', ..])
            return "JSON, as tokenizers of other libraries are";
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        return line.IndexOf((byte)'\t') is > 0 and var tab && System.Buffers.Text.Utf8Parser.TryParse(line[(tab + 1)..], out double _, out _)
            ? "a list of pieces and numbers, as SentencePiece writes it beside its model (.vocab)"
            : "text";
    }

    // A character may be cut at the end.
    private static bool IsText(ReadOnlySpan<byte> head)
    {
        const int LongestCut = 3;
        foreach (var value in head)
        {
            if (value is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f') or 0x7F)
                return false;
        }

        for (var cut = 0; cut <= LongestCut && cut < head.Length; cut++)
        {
            if (Utf8.IsValid(head[..^cut]))
                return true;
        }

        return false;
    }
}
