using Galvani.Text.SentencePiece;

namespace Galvani.Text;

/// <summary>
/// The scratch memory of <see cref="SentencePieceModel"/>'s encoding. Make one per thread and pass it to every call:
/// after the first few texts nothing is allocated any more. It grows with the longest text and is not thread-safe.
/// One workspace serves any model, but is fastest when it stays with one.
/// </summary>
public sealed class SentencePieceWorkspace
{
    /// <summary>Ends the cutting of a long text; looked at once a block of text and every few thousand merges.</summary>
    internal CancellationToken CancellationToken { get; init; }

    internal NormalizedText Normalized { get; } = new();

    /// <summary>The characters of the normalised text.</summary>
    internal CharacterSequence Characters { get; } = new();

    /// <summary>The characters of a word that is cut by itself.</summary>
    internal CharacterSequence WordCharacters { get; } = new();

    /// <summary>The raw segmentation, before runs of unknown text are joined.</summary>
    internal Segmentation Segments { get; } = new();

    /// <summary>The result.</summary>
    internal TokenSequence Tokens { get; } = new();

    /// <summary>Scratch of the unigram Viterbi search.</summary>
    internal UnigramEncoder.BestPath[] BestPaths { get; set; } = [];

    /// <summary>Segmentations of words met before.</summary>
    internal WordCache Words { get; } = new();

    /// <summary>Scratch of byte pair encoding.</summary>
    internal BpeScratch Bpe { get; } = new();
}
