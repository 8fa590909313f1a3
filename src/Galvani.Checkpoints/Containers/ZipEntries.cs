namespace Galvani.Checkpoints.Containers;

/// <summary>The entries of a zip file: in the directory's order, and by name. There may be very many, so that one table finds them for all who look.</summary>
/// <param name="inOrder">The entries.</param>
/// <param name="places">Where each name is among them.</param>
internal sealed class ZipEntries(ArchiveEntry[] inOrder, Dictionary<string, int> places)
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> places = places.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>All entries.</summary>
    public IReadOnlyList<ArchiveEntry> InOrder => inOrder;

    /// <summary>The entry of a name, or null.</summary>
    public ArchiveEntry? Find(string name) => PlaceOf(name) is >= 0 and var place ? inOrder[place] : null;

    /// <summary>The place of an entry in the order; -1 where there is none of that name.</summary>
    public int PlaceOf(ReadOnlySpan<char> name) => places.TryGetValue(name, out var place) ? place : -1;
}
