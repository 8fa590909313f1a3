namespace Galvani.Text.SentencePiece;

/// <summary>
/// Gives each code point that occurs in the pieces a small number, its code, from 1 on; every other code point has
/// code 0. A two-level table: one look-up costs two loads.
/// </summary>
internal sealed class CodePointTable
{
    private const int PageBits = 8;
    private const int PageSize = 1 << PageBits;

    private readonly int[] _pageStarts = new int[0x110000 >> PageBits];
    private int[] _codes = new int[PageSize * 8];
    private int _used = PageSize; // the first page stays empty: the page of all code points without codes

    /// <summary>The largest code given.</summary>
    public int LargestCode { get; private set; }

    /// <summary>The code of a code point; 0 when it occurs in no piece.</summary>
    public int this[int codePoint] => View[codePoint];

    /// <summary>The table for many look-ups, valid until a code is added.</summary>
    public Lookup View => new(_pageStarts, _codes);

    /// <summary>The code of a code point, a new one when it has none.</summary>
    public int Add(int codePoint)
    {
        ref var start = ref _pageStarts[codePoint >> PageBits];
        if (start == 0)
        {
            if (_used == _codes.Length)
                Array.Resize(ref _codes, 2 * _codes.Length);
            start = _used;
            _used += PageSize;
        }

        ref var code = ref _codes[start + (codePoint & (PageSize - 1))];
        if (code == 0)
            code = ++LargestCode;
        return code;
    }

    /// <summary>Replaces each code c by <paramref name="newCodes"/>[c].</summary>
    public void Renumber(ReadOnlySpan<int> newCodes)
    {
        foreach (ref var code in _codes.AsSpan(0, _used))
            code = newCodes[code];
    }

    /// <summary>Looks codes up.</summary>
    internal readonly ref struct Lookup(int[] pageStarts, int[] codes)
    {
        /// <summary>The code of a code point; 0 when it occurs in no piece.</summary>
        public int this[int codePoint] => codes[pageStarts[codePoint >> PageBits] + (codePoint & (PageSize - 1))];
    }
}
