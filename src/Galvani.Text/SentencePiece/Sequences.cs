namespace Galvani.Text.SentencePiece;

/// <summary>Normalised text as characters: the code of each (0: in no piece) and where it starts in the bytes.</summary>
internal sealed class CharacterSequence
{
    private int[] _codes = new int[128];
    private int[] _starts = new int[129];

    /// <summary>The number of characters.</summary>
    public int Count { get; private set; }

    /// <summary>The codes, by <see cref="CodePointTable"/>.</summary>
    public ReadOnlySpan<int> Codes => _codes.AsSpan(0, Count);

    /// <summary>The byte positions, and one more entry: the length of the text.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count + 1);

    /// <summary>Takes <paramref name="text"/>, valid UTF-8, apart.</summary>
    public void Read(ReadOnlySpan<byte> text, CodePointTable table)
    {
        if (text.Length > _codes.Length)
        {
            _codes = new int[Math.Max(text.Length, 2 * _codes.Length)];
            _starts = new int[_codes.Length + 1];
        }

        var (codes, starts, count) = (_codes, _starts, 0);
        var look = table.View;
        for (var i = 0; i < text.Length; count++)
        {
            starts[count] = i;
            codes[count] = look[Utf8Text.Read(text, ref i)];
        }

        starts[count] = text.Length;
        Count = count;
    }
}

/// <summary>Consecutive segments of the normalised text: the id of each and where it ends.</summary>
internal sealed class Segmentation
{
    private int[] _ids = new int[64];
    private int[] _ends = new int[64];
    private int _largestCount;

    /// <summary>The number of segments.</summary>
    public int Count { get; private set; }

    /// <summary>How many there is room for.</summary>
    public int Capacity => _ids.Length;

    /// <summary>The ids: the unknown piece's where no piece fits.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>The ends, in bytes, exclusive.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Empties the list, which will have <paramref name="largestCount"/> segments at most.</summary>
    public void Clear(int largestCount) => (Count, _largestCount) = (0, largestCount);

    /// <summary>Adds a segment.</summary>
    public void Add(int id, int end)
    {
        if (Count == _ids.Length)
            Grow();
        _ids[Count] = id;
        _ends[Count++] = end;
    }

    private void Grow()
    {
        var size = ListGrowth.Next(_ids.Length, _largestCount);
        Array.Resize(ref _ids, size);
        Array.Resize(ref _ends, size);
    }

    /// <summary>Turns the order of the segments from <paramref name="first"/> on round, for a search that finds its segments last first.</summary>
    public void Reverse(int first)
    {
        _ids.AsSpan(first, Count - first).Reverse();
        _ends.AsSpan(first, Count - first).Reverse();
    }
}

/// <summary>The finished pieces of one text: the id of each and its range of the normalised text.</summary>
internal sealed class TokenSequence
{
    private int[] _ids = new int[64];
    private int[] _starts = new int[64];
    private int[] _ends = new int[64];
    private int _largestCount;

    /// <summary>The number of pieces.</summary>
    public int Count { get; private set; }

    /// <summary>The ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>The ids, for a caller that replaces them by others.</summary>
    public Span<int> WritableIds => _ids.AsSpan(0, Count);

    /// <summary>Where each piece starts in the normalised text, in bytes.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>Where each piece ends in the normalised text, in bytes.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Empties the list, which will have <paramref name="largestCount"/> pieces at most.</summary>
    public void Clear(int largestCount) => (Count, _largestCount) = (0, largestCount);

    /// <summary>Adds a piece.</summary>
    public void Add(int id, int start, int end)
    {
        if (Count == _ids.Length)
            Grow();
        _ids[Count] = id;
        _starts[Count] = start;
        _ends[Count++] = end;
    }

    /// <summary>Takes segments as they are, each a piece, in place of what is in the list.</summary>
    public void Take(Segmentation segments)
    {
        var ids = segments.Ids;
        var ends = segments.Ends;
        if (ids.Length > _ids.Length)
            Resize(segments.Capacity);
        Count = ids.Length;
        ids.CopyTo(_ids);
        ends.CopyTo(_ends);
        _starts[0] = 0;
        ends[..^1].CopyTo(_starts.AsSpan(1));
    }

    /// <summary>Lengthens the last piece.</summary>
    public void ExtendLast(int end) => _ends[Count - 1] = end;

    private void Grow() => Resize(ListGrowth.Next(_ids.Length, _largestCount));

    private void Resize(int size)
    {
        Array.Resize(ref _ids, size);
        Array.Resize(ref _starts, size);
        Array.Resize(ref _ends, size);
    }
}

/// <summary>How lists grow whose largest length is known and seldom reached: a line may have as many pieces as bytes, and has a quarter of them.</summary>
internal static class ListGrowth
{
    /// <summary>Twice the length, or the largest one where that is near.</summary>
    public static int Next(int length, int largest) => length < largest / 4 ? 2 * length : Math.Max(largest, length + 1);
}
