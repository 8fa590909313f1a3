using Galvani.Text;

namespace Galvani;

/// <summary>A line cut into the pieces of a model. The lists are parallel.</summary>
/// <param name="Pieces">The pieces.</param>
/// <param name="Ids">Their ids in the checkpoint's vocabulary.</param>
/// <param name="Offsets">Where they come from, as UTF-8 byte ranges of the line; empty where the line was given as pieces.</param>
/// <param name="UnknownId">The id that stands for pieces outside the vocabulary.</param>
public sealed record TokenizedLine(IReadOnlyList<string> Pieces, IReadOnlyList<int> Ids, IReadOnlyList<TextRange> Offsets, int UnknownId)
{
    /// <summary>The ids of each source feature; empty for models without features.</summary>
    public IReadOnlyList<int[]> Features { get; init; } = [];

    /// <summary>Whether a piece is outside the vocabulary.</summary>
    /// <param name="index">The piece's index.</param>
    public bool IsUnknown(int index) => Ids[index] == UnknownId;
}
