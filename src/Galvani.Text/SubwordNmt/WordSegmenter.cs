// Merging as apply_bpe.py does it: start from characters, and as long as a pair of neighbours has a merge, merge all occurrences of the best pair from left to right. Pairs that its
// merges make wait until all are merged, even better ones. A merge makes a longer symbol than both of its sides, so it makes no other pair of the same rank, and only pairs of two equal
// symbols overlap: these are merged run by run, all others in any order.
//
// Of a word that goes on behind the bytes at hand, the pieces that are sure whatever follows: merges are made in front of a border only, which is the last character at first. Before the
// merges of a rank, the last symbol in front of the border is looked at: if it has a merge of a better rank with anything that the symbol behind the border, which only grows, can become, it is
// no longer known what becomes of it, and the border moves in front of it. After them the same rank counts, too, as merges across the border would have been made together with them. When
// no merge is left and the last symbol has no merge across the border at all, the symbols in front of it are the whole word's, and the word goes on behind them as a word of its own.
namespace Galvani.Text.SubwordNmt;

/// <summary>Cuts words by merges. One instance serves one call at a time.</summary>
/// <param name="codes">The merges.</param>
/// <param name="cancellationToken">Ends the work.</param>
internal sealed class WordSegmenter(MergeCodes codes, CancellationToken cancellationToken)
{
    /// <summary>How many merges are made between two looks at the token: a power of two.</summary>
    private const int MergesAtOnce = 1 << 14;

    /// <summary>How many characters behind borders are looked at for each byte; hardly any are needed unless codes are made for that.</summary>
    private const int StepsPerByte = 8;

    private const int NoRank = int.MaxValue;

    private readonly SymbolLists _symbols = new();
    private int _byteCount;
    private int _border;
    private int _mergeCount;
    private long _stepsLeft; // characters that may be looked at behind borders
    private int _threat; // the best rank of a merge across the border

    /// <summary>Cuts a word, or as much of its beginning as is sure whatever follows.</summary>
    /// <param name="utf8">The bytes; those that are no UTF-8 count as U+FFFD each. A character that is cut off at their end counts as broken, too.</param>
    /// <param name="isWhole">Whether the word ends with them.</param>
    /// <returns>How many bytes were cut: all of a whole word; 0 where nothing is sure.</returns>
    public int Segment(ReadOnlySpan<byte> utf8, bool isWhole)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Fill(utf8, isWhole);
        _stepsLeft = StepsPerByte * (long)utf8.Length;
        _border = isWhole ? _symbols.ByteCount : _symbols.Before(_byteCount);
        _threat = ThreatAcross(utf8);
        for (var position = 0; position < _symbols.ByteCount; position = _symbols.After(position))
            AddPair(position);
        while (_symbols.TryOpenBest(out var rank))
        {
            MergeAll(utf8, rank);
            _symbols.Close(rank);
        }

        Retreat(utf8, NoRank);
        return isWhole ? _byteCount : _border;
    }

    /// <summary>The byte behind the piece that starts at a byte.</summary>
    public int EndOfPiece(int start) => Math.Min(_symbols.After(start), _byteCount); // the end of the word may be a symbol of its own, which no byte stands for

    private void Fill(ReadOnlySpan<byte> utf8, bool isWhole)
    {
        _byteCount = utf8.Length;
        _symbols.Clear(_byteCount + 1);
        for (var start = 0; start < utf8.Length;)
        {
            var character = LenientUtf8.First(utf8[start..], out var length);
            var isLast = isWhole && start + length == utf8.Length;
            _symbols.Append(isLast && !codes.EndIsOwnSymbol ? codes.SymbolOfLast(character) : codes.SymbolOf(character), length);
            start += length;
        }

        if (isWhole && codes.EndIsOwnSymbol)
            _symbols.Append(codes.SymbolOf(MergeCodes.EndOfWord), length: 1);
    }

    private void MergeAll(ReadOnlySpan<byte> utf8, int rank)
    {
        var hasMerged = false;
        while (_symbols.TryTake(rank, out var position))
        {
            if (_symbols.After(position) < _border)
                Retreat(utf8, rank);
            if (_symbols.After(position) >= _border)
                continue;
            MergeRun(utf8, position);
            hasMerged = true;
        }

        if (hasMerged)
            Retreat(utf8, rank + 1);
    }

    /// <summary>Merges a pair; of equal symbols the pairs of the whole run that it stands in, from the left.</summary>
    private void MergeRun(ReadOnlySpan<byte> utf8, int position)
    {
        var (left, right) = (_symbols.IdAt(position), _symbols.IdAt(_symbols.After(position)));
        codes.TryGetMerge(left, right, out var merge);
        if (left == right)
        {
            while (_symbols.Before(position) is >= 0 and var before && _symbols.IdAt(before) == left)
                position = before;
        }

        while (position < _border && _symbols.IdAt(position) == left && _symbols.After(position) is var next && next < _border && _symbols.IdAt(next) == right)
        {
            Merge(utf8, position, merge.Result);
            position = _symbols.After(position);
        }
    }

    private void Merge(ReadOnlySpan<byte> utf8, int position, int result)
    {
        if ((++_mergeCount & (MergesAtOnce - 1)) == 0)
            cancellationToken.ThrowIfCancellationRequested();
        var before = _symbols.Before(position);
        _symbols.Remove(position);
        _symbols.Remove(_symbols.After(position));
        _symbols.Join(position, result);
        AddPair(position);
        if (before >= 0)
        {
            _symbols.Remove(before);
            AddPair(before);
        }

        if (_symbols.After(position) == _border)
            _threat = ThreatAcross(utf8);
    }

    private void AddPair(int position)
    {
        var next = _symbols.After(position);
        if (next < _symbols.ByteCount && codes.TryGetMerge(_symbols.IdAt(position), _symbols.IdAt(next), out var merge))
            _symbols.Add(position, merge.Rank);
    }

    /// <summary>Moves the border to the left until no merge across it has a better rank than one.</summary>
    private void Retreat(ReadOnlySpan<byte> utf8, int rank)
    {
        while (_threat < rank)
        {
            _border = _symbols.Before(_border);
            _threat = ThreatAcross(utf8);
        }
    }

    private int ThreatAcross(ReadOnlySpan<byte> utf8)
    {
        var last = _border < _byteCount ? _symbols.Before(_border) : -1;
        return last >= 0 && codes.TryGetBestAcross(_symbols.IdAt(last), _symbols.IdAt(_border), utf8[_border..], ref _stepsLeft, out var rank) ? rank : NoRank;
    }
}
