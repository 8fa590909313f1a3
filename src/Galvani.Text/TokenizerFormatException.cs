namespace Galvani.Text;

/// <summary>
/// A tokenizer file (a SentencePiece model, or subword-nmt codes) that is broken: truncated, inconsistent, or not of
/// that kind at all. The message is one line: what was found, what was expected, where.
/// </summary>
public sealed class TokenizerFormatException : Exception
{
    /// <summary>Creates the exception for a defect at <paramref name="byteOffset"/> of <paramref name="path"/>.</summary>
    /// <param name="problem">What was found and what was expected.</param>
    /// <param name="path">The file, or the name that the caller gave to the bytes.</param>
    /// <param name="byteOffset">Where the defective part starts, in bytes from the start of the file.</param>
    public TokenizerFormatException(string problem, string path, long byteOffset)
        : base($"{problem} {path}: byte {byteOffset}.")
    {
        Path = path;
        ByteOffset = byteOffset;
    }

    /// <summary>The file, or the name that the caller gave to the bytes.</summary>
    public string Path { get; }

    /// <summary>Where the defective part starts, in bytes from the start of the file.</summary>
    public long ByteOffset { get; }
}
