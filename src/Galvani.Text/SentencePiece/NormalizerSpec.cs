namespace Galvani.Text.SentencePiece;

/// <summary>The normaliser's settings as the model file has them; defaults are those of the file format.</summary>
internal sealed record NormalizerSpec
{
    /// <summary>Where the precompiled character map starts in the file, in bytes.</summary>
    public int MapStart { get; init; }

    /// <summary>Length of the precompiled character map; 0 when there is none.</summary>
    public int MapLength { get; init; }

    /// <summary>Puts white space in front of the text (behind it, when white space is a suffix).</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Drops leading and trailing white space and collapses runs.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Writes a space as U+2581.</summary>
    public bool EscapeWhitespaces { get; init; } = true;
}
