namespace Galvani.Text.SubwordNmt;

/// <summary>
/// Cuts words by merges: start from characters, and as long as a pair of neighbours has a merge, merge all occurrences of the
/// best pair from left to right. One instance serves one call at a time.
/// </summary>
internal sealed class WordSegmenter(MergeCodes codes)
{
    private readonly PriorityQueue<Pair, (int Rank, int Left)> _queue = new();
    private readonly List<int> _merged = [];
    private readonly List<string> _pieces = [];
    private Symbol[] _symbols = [];

    private readonly record struct Pair(int Left, int LeftSymbol, int RightSymbol, MergeCodes.Merge Merge);

    // A symbol of the word at hand, linked to its neighbours; Text is kept for characters that no merge knows.
    private struct Symbol
    {
        public int Id;
        public int Next;
        public int Previous;
        public string Text;
    }

    /// <summary>The pieces of one word, without separators; valid until the next call.</summary>
    /// <param name="characters">The word's characters, one string each; at least one.</param>
    public List<string> Segment(ReadOnlySpan<string> characters)
    {
        _pieces.Clear();
        if (characters.Length == 1)
        {
            _pieces.Add(characters[0]);
            return _pieces;
        }

        Fill(characters);
        for (var left = 0; _symbols[left].Next >= 0; left = _symbols[left].Next)
            AddPair(left);
        while (_queue.TryPeek(out _, out var best))
            MergeAll(best.Rank);

        for (var symbol = 0; symbol >= 0; symbol = _symbols[symbol].Next)
            _pieces.Add(_symbols[symbol].Text);
        DropEndOfWord();
        return _pieces;
    }

    private void Fill(ReadOnlySpan<string> characters)
    {
        var count = characters.Length + (codes.EndIsOwnSymbol ? 1 : 0);
        if (_symbols.Length < count)
            _symbols = new Symbol[Math.Max(count, 2 * _symbols.Length)];
        for (var i = 0; i < count; i++)
        {
            var text = i == characters.Length ? MergeCodes.EndOfWord : characters[i];
            if (i == characters.Length - 1 && !codes.EndIsOwnSymbol)
                text += MergeCodes.EndOfWord;
            _symbols[i] = new Symbol { Id = codes.SymbolOf(text), Text = text, Previous = i - 1, Next = i + 1 < count ? i + 1 : -1 };
        }
    }

    // All pairs of one rank are one pair of symbols. Pairs that its merges make wait until all are merged, even better ones.
    private void MergeAll(int rank)
    {
        _merged.Clear();
        while (_queue.TryPeek(out var pair, out var priority) && priority.Rank == rank)
        {
            _queue.Dequeue();
            ref var left = ref _symbols[pair.Left];
            if (left.Id != pair.LeftSymbol || left.Next < 0 || _symbols[left.Next].Id != pair.RightSymbol)
                continue;
            _symbols[left.Next].Id = -1;
            left.Id = pair.Merge.Result;
            left.Text = codes.TextOf(left.Id);
            left.Next = _symbols[left.Next].Next;
            if (left.Next >= 0)
                _symbols[left.Next].Previous = pair.Left;
            _merged.Add(pair.Left);
        }

        foreach (var symbol in _merged)
        {
            if (_symbols[symbol].Previous >= 0)
                AddPair(_symbols[symbol].Previous);
            if (_symbols[symbol].Next >= 0)
                AddPair(symbol);
        }
    }

    private void AddPair(int left)
    {
        var (first, second) = (_symbols[left].Id, _symbols[_symbols[left].Next].Id);
        if (codes.TryGetMerge(first, second, out var merge))
            _queue.Enqueue(new Pair(left, first, second, merge), (merge.Rank, left));
    }

    private void DropEndOfWord()
    {
        if (_pieces[^1] == MergeCodes.EndOfWord)
            _pieces.RemoveAt(_pieces.Count - 1);
        else if (_pieces[^1].EndsWith(MergeCodes.EndOfWord, StringComparison.Ordinal))
            _pieces[^1] = _pieces[^1][..^MergeCodes.EndOfWord.Length];
    }
}
