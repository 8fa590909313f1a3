namespace Galvani.VocabularyMaps;

/// <summary>Numbers pieces in the order in which they are first seen.</summary>
internal sealed class PieceTable
{
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<string> pieces = [];

    public int Count => pieces.Count;

    public string this[int number] => pieces[number];

    /// <summary>The number of a piece; a new one is added.</summary>
    public int Add(string piece)
    {
        if (numbers.TryGetValue(piece, out var number))
            return number;
        numbers.Add(piece, pieces.Count);
        pieces.Add(piece);
        return pieces.Count - 1;
    }
}
