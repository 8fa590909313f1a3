namespace Galvani.Text.SentencePiece;

/// <summary>
/// The scratch memory of byte pair encoding: the symbols of the text at hand as a linked list, the queue of possible
/// merges (a binary heap, best score first, then leftmost), and the recorded merges into unused pieces.
/// </summary>
internal sealed class BpeScratch
{
    private Symbol[] _symbols = [];
    private Pair[] _heap = [];

    /// <summary>One symbol; its index is the character at which it starts.</summary>
    internal struct Symbol
    {
        /// <summary>The symbol before; -1 for none.</summary>
        public int Previous;

        /// <summary>The symbol behind; -1 for none.</summary>
        public int Next;

        /// <summary>Length in characters; 0 once merged into the symbol before.</summary>
        public int Length;

        /// <summary>The trie's node for the symbol's text; -1 when no piece starts like this.</summary>
        public int Node;

        /// <summary>A user-defined symbol: never merged.</summary>
        public bool Frozen;
    }

    /// <summary>Two neighbours that could be merged, and the length in characters that both had when that was found.</summary>
    internal readonly record struct Pair(float Score, int Left, int Right, int Length);

    /// <summary>For an unused piece the length in characters of the left part it was merged from.</summary>
    public Dictionary<int, int> Splits { get; } = [];

    /// <summary>The splits of a text that is cut part by part, which take the place of <see cref="Splits"/>; null for other texts.</summary>
    public LongTextSplits? LongTextSplits { get; set; }

    /// <summary>The parts still to be split, as (start, length) in characters.</summary>
    public Stack<(int Start, int Length)> Parts { get; } = new();

    /// <summary>The number of pairs in the queue.</summary>
    public int PairCount { get; private set; }

    /// <summary>The length in characters of the left part of an unused piece; false where nothing was merged into it.</summary>
    public bool TryGetSplit(int id, out int leftLength) => LongTextSplits is { } splits ? splits.TryGet(id, out leftLength) : Splits.TryGetValue(id, out leftLength);

    /// <summary>The symbols, room for one a character.</summary>
    public Span<Symbol> Prepare(int characterCount)
    {
        PairCount = 0;
        if (_symbols.Length < characterCount)
            _symbols = new Symbol[Math.Max(characterCount, 2 * _symbols.Length)];
        return _symbols;
    }

    /// <summary>Adds a pair to the queue.</summary>
    public void Push(Pair pair)
    {
        if (PairCount == _heap.Length)
            Array.Resize(ref _heap, Math.Max(64, 2 * _heap.Length));
        var index = PairCount++;
        while (index > 0 && Precedes(pair, _heap[(index - 1) / 2]))
        {
            _heap[index] = _heap[(index - 1) / 2];
            index = (index - 1) / 2;
        }

        _heap[index] = pair;
    }

    /// <summary>Takes the best pair out of the queue, which is not empty.</summary>
    public Pair Pop()
    {
        var best = _heap[0];
        var moved = _heap[--PairCount];
        var index = 0;
        while ((2 * index) + 1 < PairCount)
        {
            var child = (2 * index) + 1;
            if (child + 1 < PairCount && Precedes(_heap[child + 1], _heap[child]))
                child++;
            if (!Precedes(_heap[child], moved))
                break;
            _heap[index] = _heap[child];
            index = child;
        }

        _heap[index] = moved;
        return best;
    }

    private static bool Precedes(Pair a, Pair b) => a.Score > b.Score || (a.Score == b.Score && a.Left < b.Left);
}
