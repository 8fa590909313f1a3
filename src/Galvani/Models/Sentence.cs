namespace Galvani.Models;

/// <summary>A sentence as a model sees it.</summary>
/// <param name="Ids">[S], the words.</param>
/// <param name="Features">For each source feature its ids, [S].</param>
internal sealed record Sentence(int[] Ids, IReadOnlyList<int[]> Features)
{
    /// <summary>A sentence without features.</summary>
    public Sentence(int[] ids)
        : this(ids, [])
    {
    }

    /// <summary>[S], in a copy model the target id of each word; those that the target vocabulary lacks are V, V + 1, ... in order of first occurrence. Empty in other models.</summary>
    public IReadOnlyList<int> CopyIds { get; init; } = [];

    /// <summary>S.</summary>
    public int Length => Ids.Length;
}
