using System.Runtime.InteropServices;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// The scratch memory of byte pair encoding: the symbols of the text at hand as a linked list, the queue of possible merges, and the recorded merges into unused pieces.
/// </summary>
internal sealed class BpeScratch
{
    /// <summary>How many joined nodes are remembered: few megabytes.</summary>
    private const int MostJoins = 1 << 16;

    private readonly Dictionary<int, int> _splits = [];
    private readonly Dictionary<int, (int Left, int Right)> _idsOfSplits = [];
    private readonly Dictionary<(int Left, int Right), int> _joins = [];
    private Symbol[] _symbols = [];
    private PieceTrie? _joinsOf;

    /// <summary>One symbol; its index is the character at which it starts. It ends where the next one starts.</summary>
    internal struct Symbol
    {
        private const int FrozenFlag = int.MinValue;

        /// <summary>Where the symbol before starts; -1 for none.</summary>
        public int Previous;

        /// <summary>Where the symbol behind starts; the number of characters for none.</summary>
        public int Next;

        /// <summary>The trie's node for the symbol's text; negative when no piece starts like this, and for a user-defined symbol, which is never merged.</summary>
        public int Node;

        /// <summary>The trie's node for this and the symbol behind it, where <see cref="Pairs"/> has the two.</summary>
        public int PairNode;

        /// <summary>Whether it is a user-defined symbol.</summary>
        public readonly bool IsFrozen => Node < -1;

        /// <summary>The node of the symbol's text, whether or not it may be merged; -1 for none.</summary>
        public readonly int NodeOfText => IsFrozen ? Node & ~FrozenFlag : Node;

        /// <summary>What <see cref="Node"/> is for a user-defined symbol.</summary>
        /// <param name="node">The node of its text.</param>
        public static int Frozen(int node) => node | FrozenFlag;
    }

    /// <summary>A part of a text that is a piece: characters that may be split again.</summary>
    internal readonly record struct Part(int Id, int Start, int Length);

    /// <summary>What is known of a text that is cut part by part, a second time; null for other texts.</summary>
    public LongTextSplits? LongTextSplits
    {
        get;
        set
        {
            field = value;
            _idsOfSplits.Clear();
        }
    }

    /// <summary>The parts still to be split.</summary>
    public Stack<Part> Parts { get; } = new();

    /// <summary>The neighbours that make a piece, each pair at its left symbol.</summary>
    public PairQueue Pairs { get; } = new();

    /// <summary>The length in characters of the left part of an unused piece; false where nothing was merged into it.</summary>
    public bool TryGetSplit(int id, out int leftLength) => LongTextSplits is { } splits ? splits.TryGet(id, out leftLength) : _splits.TryGetValue(id, out leftLength);

    /// <summary>The ids of the two parts of an unused piece, which are the same wherever the text has it.</summary>
    /// <param name="id">The piece.</param>
    /// <param name="isKnown">Whether they were filled in before.</param>
    public ref (int Left, int Right) IdsOfSplit(int id, out bool isKnown) => ref CollectionsMarshal.GetValueRefOrAddDefault(_idsOfSplits, id, out isKnown);

    /// <summary>Forgets how unused pieces were split: a text begins. Of a text that is cut part by part it is known, and the same for all parts.</summary>
    public void ClearSplits()
    {
        if (LongTextSplits is not null)
            return;
        _splits.Clear();
        _idsOfSplits.Clear();
    }

    /// <summary>Notes that two neighbours make an unused piece.</summary>
    /// <param name="id">The piece.</param>
    /// <param name="leftLength">The characters of the left one.</param>
    public void NoteSplit(int id, int leftLength)
    {
        if (LongTextSplits is null)
            _splits[id] = leftLength;
    }

    /// <summary>The node for two neighbours together.</summary>
    /// <param name="trie">The trie of all nodes.</param>
    /// <param name="left">The node of the left one.</param>
    /// <param name="right">The node of the right one.</param>
    /// <param name="isKnown">Whether it was filled in before.</param>
    public ref int JoinedNode(PieceTrie trie, int left, int right, out bool isKnown)
    {
        if (_joinsOf != trie || _joins.Count == MostJoins)
        {
            _joins.Clear();
            _joinsOf = trie;
        }

        return ref CollectionsMarshal.GetValueRefOrAddDefault(_joins, (left, right), out isKnown);
    }

    /// <summary>The symbols, room for one a character; no pairs.</summary>
    public Span<Symbol> Prepare(int characterCount)
    {
        Pairs.Clear(characterCount);
        if (_symbols.Length < characterCount)
            _symbols = new Symbol[Math.Max(characterCount, 2 * _symbols.Length)];
        return _symbols.AsSpan(0, characterCount);
    }
}
