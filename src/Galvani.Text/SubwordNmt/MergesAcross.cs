using System.Text;

namespace Galvani.Text.SubwordNmt;

/// <summary>
/// What a symbol may be merged with when only the beginning of what follows it is known: the right sides of its merges that the text at hand goes on like, and that are as long as what follows has grown, which only grows on. Without
/// the length a run of one letter would be open until its end under codes as usual as <c>. .</c> and <c>.. .</c>, without the text under <c>.. ..-</c>.
/// </summary>
internal sealed class MergesAcross
{
    /// <summary>How many characters of a text are looked at in any case.</summary>
    private const int CharactersAtLeast = 16;

    private readonly List<string> _texts;
    private readonly Dictionary<int, (int First, int Count)> _rightSides = []; // of each left side
    private readonly int[] _symbols; // right sides in the order of their texts
    private readonly int[] _ranksOfSymbols;

    private readonly Dictionary<(int Left, int Character), (int First, int Count)> _places = [];
    private readonly int[] _lengths; // of right sides in characters, ascending at each place
    private readonly int[] _ranks; // the best of this right side and all longer ones at the place
    private readonly int[] _lengthsOfSymbols;

    /// <param name="merges">The merges by their two sides.</param>
    /// <param name="texts">The symbols' texts.</param>
    public MergesAcross(Dictionary<(int Left, int Right), MergeCodes.Merge> merges, List<string> texts)
    {
        _texts = texts;
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

        (int Left, int Right, int Rank)[] byText = [.. merges.Select(merge => (merge.Key.Left, merge.Key.Right, merge.Value.Rank))];
        Array.Sort(byText, (one, other) => one.Left != other.Left ? one.Left.CompareTo(other.Left) : string.CompareOrdinal(texts[one.Right], texts[other.Right]));
        _symbols = Array.ConvertAll(byText, merge => merge.Right);
        _ranksOfSymbols = Array.ConvertAll(byText, merge => merge.Rank);
        for (var i = 0; i < byText.Length; i++)
            _rightSides[byText[i].Left] = _rightSides.TryGetValue(byText[i].Left, out var known) ? (known.First, known.Count + 1) : (i, 1);
    }

    /// <summary>The characters of a symbol.</summary>
    public int LengthOf(int symbol) => _lengthsOfSymbols[symbol];

    /// <summary>The best rank of the merges of a symbol with anything that what follows it may become; false when there is none. Now and then the rank is better than that.</summary>
    /// <param name="left">The symbol.</param>
    /// <param name="following">What is known of what follows it, not to the word's end.</param>
    /// <param name="smallestLength">How many characters the next symbol has at least.</param>
    /// <param name="stepsLeft">How many characters may be looked at; those that were are taken off. Where they do not suffice, only the first character and the length are considered.</param>
    /// <param name="rank">Gets the rank.</param>
    public bool TryGetBest(int left, ReadOnlySpan<byte> following, int smallestLength, ref long stepsLeft, out int rank)
    {
        rank = int.MaxValue;
        if (!_rightSides.TryGetValue(left, out var rightSides))
            return false;
        var (first, end) = (rightSides.First, rightSides.First + rightSides.Count); // the right sides that begin with the text so far
        var (length, characters) = (0, 0);
        Span<char> units = stackalloc char[2];
        for (var at = 0; at < following.Length && (--stepsLeft >= 0 || characters < CharactersAtLeast);)
        {
            var character = LenientUtf8.First(following[at..], out var byteCount);
            at += byteCount;
            characters++;
            foreach (var unit in units[..character.EncodeToUtf16(units)])
                (first, end) = Narrow(first, end, length++, unit);
            if (first < end && TextAt(first).Length == length)
            {
                if (characters >= smallestLength)
                    rank = Math.Min(rank, _ranksOfSymbols[first]);
                first++;
            }

            if (first == end)
                return rank < int.MaxValue;
        }

        return TryGetBest(left, LenientUtf8.First(following, out _), smallestLength, out rank); // some are longer than what is known
    }

    private string TextAt(int index) => _texts[_symbols[index]];

    /// <summary>Of right sides that are one text up to a place, and are longer, those that go on with a letter.</summary>
    private (int First, int End) Narrow(int first, int end, int length, char unit)
    {
        if (first == end || (TextAt(first)[length] == unit && TextAt(end - 1)[length] == unit))
            return (first, end);
        return (FirstFrom(first, end, length, unit), FirstFrom(first, end, length, unit + 1));
    }

    /// <summary>The first right side that goes on with a letter or one behind it.</summary>
    private int FirstFrom(int first, int end, int length, int unit)
    {
        while (first < end)
        {
            var middle = (first + end) / 2;
            (first, end) = TextAt(middle)[length] < unit ? (middle + 1, end) : (first, middle);
        }

        return first;
    }

    /// <summary>The best rank of the merges of a symbol with any that begins with a character and has so many at least; false when there is none.</summary>
    private bool TryGetBest(int left, Rune character, int smallestLength, out int rank)
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
