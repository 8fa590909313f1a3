using System.Runtime.InteropServices;

namespace Galvani.Text.SubwordNmt;

/// <summary>
/// The symbols of a word, and for each rank the places where a pair of that rank stands, as linked lists through the symbols: 16 bytes for each byte of the word, however often it is merged.
/// </summary>
internal sealed class SymbolLists
{
    private const int InNoList = -1;
    private const int End = -1;

    private readonly Dictionary<int, int> _firsts = []; // by rank
    private readonly PriorityQueue<int, int> _ranks = new();
    private Symbol[] _symbols = [];

    /// <summary>One symbol; its index is the byte at which it starts.</summary>
    private struct Symbol
    {
        /// <summary>Its number; -1 when no merge knows it.</summary>
        public int Id;

        /// <summary>Length in bytes. The symbol's last byte has it, too, so that the symbol before another is found.</summary>
        public int Length;

        /// <summary>Where the next pair of the same rank starts; <see cref="End"/> for none.</summary>
        public int NextOfRank;

        /// <summary>Where the pair before it starts; -2 - rank for the first of a rank, <see cref="InNoList"/> for a symbol that starts no pair with a merge.</summary>
        public int PreviousOfRank;
    }

    /// <summary>The number of bytes that are taken by symbols.</summary>
    public int ByteCount { get; private set; }

    /// <summary>Empties the lists.</summary>
    /// <param name="byteCount">How many bytes the symbols to come take, at most.</param>
    public void Clear(int byteCount)
    {
        ByteCount = 0;
        _firsts.Clear();
        _ranks.Clear();
        if (_symbols.Length >= byteCount)
            return;
        _symbols = []; // before the new one is made: both together may be very large
        _symbols = new Symbol[byteCount];
    }

    /// <summary>Adds a symbol behind all others.</summary>
    public void Append(int id, int length)
    {
        _symbols[ByteCount + length - 1].Length = length;
        _symbols[ByteCount] = new Symbol { Id = id, Length = length, PreviousOfRank = InNoList };
        ByteCount += length;
    }

    /// <summary>The number of the symbol at a place.</summary>
    public int IdAt(int position) => _symbols[position].Id;

    /// <summary>Where the symbol behind another starts; <see cref="ByteCount"/> behind the last.</summary>
    public int After(int position) => position + _symbols[position].Length;

    /// <summary>Where the symbol in front of a place starts; -1 in front of the first.</summary>
    public int Before(int position) => position == 0 ? -1 : position - _symbols[position - 1].Length;

    /// <summary>Makes one symbol of the one at a place, which is in no list, and the one behind it.</summary>
    public void Join(int position, int id)
    {
        var right = After(position);
        var length = _symbols[position].Length + _symbols[right].Length;
        _symbols[position].Id = id;
        _symbols[position].Length = length;
        _symbols[position + length - 1].Length = length;
    }

    /// <summary>Notes that a pair of a rank starts at a place, which is in no list.</summary>
    public void Add(int position, int rank)
    {
        ref var symbol = ref _symbols[position];
        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_firsts, rank, out var isKnown);
        symbol.NextOfRank = isKnown ? first : End;
        symbol.PreviousOfRank = -2 - rank;
        if (symbol.NextOfRank != End)
            _symbols[symbol.NextOfRank].PreviousOfRank = position;
        if (!isKnown)
            _ranks.Enqueue(rank, rank);
        first = position;
    }

    /// <summary>Takes a place out of its list, if it is in one.</summary>
    public void Remove(int position)
    {
        ref var symbol = ref _symbols[position];
        if (symbol.PreviousOfRank == InNoList)
            return;
        if (symbol.NextOfRank != End)
            _symbols[symbol.NextOfRank].PreviousOfRank = symbol.PreviousOfRank;
        if (symbol.PreviousOfRank < InNoList)
            _firsts[-2 - symbol.PreviousOfRank] = symbol.NextOfRank;
        else
            _symbols[symbol.PreviousOfRank].NextOfRank = symbol.NextOfRank;
        symbol.PreviousOfRank = InNoList;
    }

    /// <summary>Opens the list of the best rank, which may have become empty.</summary>
    /// <returns>False where there is none.</returns>
    public bool TryOpenBest(out int rank) => _ranks.TryDequeue(out rank, out _);

    /// <summary>Takes a place out of an open list.</summary>
    /// <returns>False where that is empty.</returns>
    public bool TryTake(int rank, out int position)
    {
        position = _firsts[rank];
        if (position == End)
            return false;
        Remove(position);
        return true;
    }

    /// <summary>Forgets an open list, which is empty.</summary>
    public void Close(int rank) => _firsts.Remove(rank);
}
