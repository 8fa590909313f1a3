using System.Text;

namespace Galvani.Text.SubwordNmt;

/// <summary>
/// What a symbol may be merged with when only the beginning of what follows it is known: its merges by the first character of the right side and by how long that is. What follows has grown so far and only
/// grows on, so merges with anything shorter are out of the question: without that a run of one letter would be open until its end, under codes as usual as <c>. .</c> and <c>.. .</c>.
/// </summary>
internal sealed class MergesAcross
{
    private readonly Dictionary<(int Left, int Character), (int First, int Count)> _places = [];
    private readonly int[] _lengths; // of right sides in characters, ascending at each place
    private readonly int[] _ranks; // the best of this right side and all longer ones at the place
    private readonly int[] _lengthsOfSymbols;

    /// <param name="merges">The merges by their two sides.</param>
    /// <param name="texts">The symbols' texts.</param>
    public MergesAcross(Dictionary<(int Left, int Right), MergeCodes.Merge> merges, List<string> texts)
    {
        _lengthsOfSymbols = [.. texts.Select(CharacterCount)];
        (int Left, int Character, int Length, int Rank)[] sorted =
            [.. merges.Select(merge => (merge.Key.Left, FirstCharacter(texts[merge.Key.Right]), _lengthsOfSymbols[merge.Key.Right], merge.Value.Rank))];
        Array.Sort(sorted);
        _lengths = Array.ConvertAll(sorted, merge => merge.Length);
        _ranks = Array.ConvertAll(sorted, merge => merge.Rank);
        for (var end = sorted.Length; end > 0;)
        {
            var place = (sorted[end - 1].Left, sorted[end - 1].Character);
            var first = end - 1;
            for (; first > 0 && (sorted[first - 1].Left, sorted[first - 1].Character) == place; first--)
                _ranks[first - 1] = Math.Min(_ranks[first - 1], _ranks[first]);
            _places.Add(place, (first, end - first));
            end = first;
        }
    }

    /// <summary>The characters of a symbol.</summary>
    public int LengthOf(int symbol) => _lengthsOfSymbols[symbol];

    /// <summary>The best rank of the merges of a symbol with any that begins with a character and has so many at least; false when there is none.</summary>
    public bool TryGetBest(int left, Rune character, int smallestLength, out int rank)
    {
        rank = 0;
        if (!_places.TryGetValue((left, character.Value), out var place))
            return false;
        var lengths = _lengths.AsSpan(place.First, place.Count);
        var index = lengths[0] >= smallestLength ? 0 : FirstOfLength(lengths, smallestLength);
        if (index == place.Count)
            return false;
        rank = _ranks[place.First + index];
        return true;
    }

    /// <summary>Where the lengths from a smallest one on begin.</summary>
    private static int FirstOfLength(ReadOnlySpan<int> lengths, int smallest)
    {
        var (low, high) = (0, lengths.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = lengths[middle] < smallest ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static int FirstCharacter(string text)
    {
        Rune.DecodeFromUtf16(text, out var character, out _);
        return character.Value;
    }

    private static int CharacterCount(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
