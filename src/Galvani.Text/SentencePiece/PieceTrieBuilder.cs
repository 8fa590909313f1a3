// Builds the double array of PieceTrie in time close to linear: the trie is first made with a hash table of edges;
// then nodes are placed in order of falling child count. The few nodes with many children find room while the array is
// empty, and the many with a single child fill every hole left. A node searches from where the last one of its size
// class succeeded with effort, so that crowded regions are not searched again and again.
using System.Numerics;

namespace Galvani.Text.SentencePiece;

/// <summary>One construction of a <see cref="PieceTrie"/>.</summary>
internal sealed class PieceTrieBuilder
{
    private const int LargestCharacterCount = 1 << 22;
    private const int PatientTries = 64;

    private readonly ModelFile _file;
    private readonly CodePointTable _codes = new();

    // The trie in insertion order; node 0 is the root.
    private readonly int[] _parents;
    private readonly int[] _labels;
    private readonly int[] _firstChildren;
    private readonly int[] _siblings;
    private readonly int[] _childCounts;
    private readonly int[] _ids;
    private readonly int[] _edges; // open addressing: node of the edge, 0 when empty
    private int _nodeCount = 1;

    // The double array's occupied slots, one bit each.
    private ulong[] _occupied = new ulong[1024];
    private int _slotCount = 1;

    private PieceTrieBuilder(ModelFile file, int characterCount)
    {
        _file = file;
        _parents = new int[characterCount + 1];
        _labels = new int[characterCount + 1];
        _firstChildren = new int[characterCount + 1];
        _siblings = new int[characterCount + 1];
        _childCounts = new int[characterCount + 1];
        _ids = new int[characterCount + 1];
        _edges = new int[BitOperations.RoundUpToPowerOf2((uint)(2 * characterCount) + 2)];
        _ids[0] = -1;
    }

    /// <summary>Builds the trie of the pieces with the given ids; they must be distinct texts.</summary>
    /// <exception cref="TokenizerFormatException">Two pieces have the same text, or the pieces have too many characters in all, or scatter too widely.</exception>
    public static PieceTrie Build(ModelFile file, ReadOnlySpan<int> ids)
    {
        var characterCount = 0;
        foreach (var id in ids)
        {
            characterCount += file.Pieces[id].Length; // bytes: an upper bound
            if (characterCount > LargestCharacterCount)
                throw new TokenizerFormatException($"The pieces have more than {LargestCharacterCount} bytes in all.", file.Path, file.Pieces[id].Start);
        }

        var builder = new PieceTrieBuilder(file, characterCount);
        builder.NumberCharacters(ids, characterCount);
        foreach (var id in ids)
            builder.Insert(id);
        return builder.Place();
    }

    // Frequent characters get small codes: siblings then lie close together, and the array packs well.
    private void NumberCharacters(ReadOnlySpan<int> ids, int characterCount)
    {
        var counts = new int[characterCount + 1];
        foreach (var id in ids)
        {
            var text = _file.TextOf(id);
            for (var i = 0; i < text.Length;)
                counts[_codes.Add(Utf8Text.Read(text, ref i))]--;
        }

        var byFrequency = new int[_codes.LargestCode];
        for (var i = 0; i < byFrequency.Length; i++)
            byFrequency[i] = i + 1;
        var keys = counts.AsSpan(1, byFrequency.Length).ToArray();
        Array.Sort(keys, byFrequency);
        var newCodes = new int[byFrequency.Length + 1];
        for (var i = 0; i < byFrequency.Length; i++)
            newCodes[byFrequency[i]] = i + 1;
        _codes.Renumber(newCodes);
    }

    private void Insert(int id)
    {
        var node = PieceTrie.Root;
        var text = _file.TextOf(id);
        for (var i = 0; i < text.Length;)
            node = ChildOf(node, _codes[Utf8Text.Read(text, ref i)]);
        if (_ids[node] >= 0)
            throw new TokenizerFormatException($"Piece {id} has the same text as piece {_ids[node]}.", _file.Path, _file.Pieces[id].Start);
        _ids[node] = id;
    }

    private int ChildOf(int parent, int label)
    {
        var mask = _edges.Length - 1;
        var hash = ((((ulong)parent << 32) | (uint)label) * 0x9E37_79B9_7F4A_7C15) >> 32;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var child = _edges[slot];
            if (child == 0)
                return _edges[slot] = AddNode(parent, label);
            if (_parents[child] == parent && _labels[child] == label)
                return child;
        }
    }

    private int AddNode(int parent, int label)
    {
        var node = _nodeCount++;
        _parents[node] = parent;
        _labels[node] = label;
        _ids[node] = -1;
        _siblings[node] = _firstChildren[parent];
        _firstChildren[parent] = node;
        _childCounts[parent]++;
        return node;
    }

    private PieceTrie Place()
    {
        var slots = new int[_nodeCount];
        var bases = new int[_nodeCount];
        Occupy(PieceTrie.Root);
        bases[PieceTrie.Root] = PlaceChildrenAt(PieceTrie.Root, 0, slots);

        Span<int> cursors = stackalloc int[33];
        foreach (var node in InnerNodesByChildCount())
            bases[node] = PlaceChildren(node, ref cursors[BitOperations.Log2((uint)_childCounts[node])], slots);

        var nodes = new PieceTrie.Node[_slotCount];
        nodes.AsSpan().Fill(new PieceTrie.Node { Parent = -1, Value = -1 });
        for (var node = 0; node < _nodeCount; node++)
        {
            nodes[slots[node]] = new PieceTrie.Node
            {
                Base = bases[node],
                Parent = node == PieceTrie.Root ? -1 : slots[_parents[node]],
                Value = ValueOf(_ids[node]),
                Score = _ids[node] < 0 ? 0 : _file.Pieces[_ids[node]].Score,
            };
        }

        return new PieceTrie(_codes, nodes);
    }

    private int ValueOf(int id) => id < 0 || _file.Pieces[id].Type == PieceType.Normal ? id : id | PieceTrie.SpecialFlag;

    private int[] InnerNodesByChildCount()
    {
        var inner = new List<int>(_nodeCount);
        for (var node = 1; node < _nodeCount; node++)
        {
            if (_childCounts[node] > 0)
                inner.Add(node);
        }

        var nodes = inner.ToArray();
        var keys = Array.ConvertAll(nodes, node => -_childCounts[node]);
        Array.Sort(keys, nodes);
        return nodes;
    }

    private int PlaceChildren(int node, ref int cursor, Span<int> slots)
    {
        var first = _firstChildren[node];
        var slot = NextFree(cursor);
        var tries = 1;
        while (!Fits(node, slot - _labels[first]))
        {
            slot = NextFree(slot + 1);
            tries++;
        }

        if (tries > PatientTries || _childCounts[node] == 1)
            cursor = slot;
        return PlaceChildrenAt(node, slot - _labels[first], slots);
    }

    private bool Fits(int node, int start)
    {
        for (var child = _firstChildren[node]; child != 0; child = _siblings[child])
        {
            var slot = start + _labels[child];
            if (slot < 1 || IsOccupied(slot))
                return false;
        }

        return true;
    }

    private int PlaceChildrenAt(int node, int start, Span<int> slots)
    {
        for (var child = _firstChildren[node]; child != 0; child = _siblings[child])
        {
            slots[child] = start + _labels[child];
            Occupy(slots[child]);
        }

        return start;
    }

    private int NextFree(int from)
    {
        var word = from >> 6;
        if (word >= _occupied.Length)
            return from;
        var free = ~_occupied[word] & (ulong.MaxValue << (from & 63));
        while (free == 0)
        {
            if (++word >= _occupied.Length)
                return word << 6;
            free = ~_occupied[word];
        }

        return (word << 6) + BitOperations.TrailingZeroCount(free);
    }

    private bool IsOccupied(int slot) => slot >> 6 < _occupied.Length && (_occupied[slot >> 6] >> (slot & 63) & 1) != 0;

    private void Occupy(int slot)
    {
        if (slot >= _slotCount)
        {
            var limit = (3L * _nodeCount) + (8L * _codes.LargestCode) + 1024;
            if (slot >= limit)
                throw new TokenizerFormatException($"The look-up table of {_nodeCount} nodes needs more than {limit} places.", _file.Path, 0);
            _slotCount = slot + 1;
            if (slot >> 6 >= _occupied.Length)
                Array.Resize(ref _occupied, Math.Max(2 * _occupied.Length, (slot >> 6) + 1));
        }

        _occupied[slot >> 6] |= 1UL << (slot & 63);
    }
}
