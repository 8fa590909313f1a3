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
    private Node[] _nodes;
    private int _nodeCount = 1;

    // Open addressing: the node that an edge leads to, 0 when the place is empty. At most half full.
    private int[] _edges;

    // The double array's occupied slots, one bit each.
    private ulong[] _occupied = new ulong[1024];
    private int _slotCount = 1;

    private PieceTrieBuilder(ModelFile file, int pieceCount)
    {
        _file = file;
        _nodes = new Node[(2 * pieceCount) + 2];
        _nodes[PieceTrie.Root].Id = -1;
        _edges = new int[BitOperations.RoundUpToPowerOf2((uint)_nodes.Length) * 2];
    }

    private struct Node
    {
        public int Parent;
        public int Label;
        public int FirstChild;
        public int Sibling;
        public int ChildCount;
        public int Id;
        public int Base;
        public int Slot;
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

        var builder = new PieceTrieBuilder(file, ids.Length);
        builder.NumberCharacters(ids);
        foreach (var id in ids)
            builder.Insert(id);
        return builder.Place();
    }

    // Frequent characters get small codes: siblings then lie close together, and the array packs well.
    private void NumberCharacters(ReadOnlySpan<int> ids)
    {
        var counts = new int[256];
        foreach (var id in ids)
        {
            var text = _file.TextOf(id);
            for (var i = 0; i < text.Length;)
            {
                var code = _codes.Add(Utf8Text.Read(text, ref i));
                if (code == counts.Length)
                    Array.Resize(ref counts, 2 * code);
                counts[code]--;
            }
        }

        var keys = counts[1..(_codes.LargestCode + 1)];
        int[] byFrequency = [.. Enumerable.Range(1, keys.Length)];
        Array.Sort(keys, byFrequency);
        var newCodes = new int[keys.Length + 1];
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
        if (_nodes[node].Id >= 0)
            throw new TokenizerFormatException($"Piece {id} has the same text as piece {_nodes[node].Id}.", _file.Path, _file.Pieces[id].Start);
        _nodes[node].Id = id;
    }

    private int ChildOf(int parent, int label)
    {
        var place = FindEdge(parent, label);
        return _edges[place] != 0 ? _edges[place] : AddNode(parent, label, place);
    }

    // The place of an edge, or the empty one where it belongs.
    private int FindEdge(int parent, int label)
    {
        var hash = ((((ulong)parent << 32) | (uint)label) * 0x9E37_79B9_7F4A_7C15) >> 32;
        var place = (int)hash & (_edges.Length - 1);
        while (_edges[place] is var child and not 0 && (_nodes[child].Parent != parent || _nodes[child].Label != label))
            place = (place + 1) & (_edges.Length - 1);
        return place;
    }

    private int AddNode(int parent, int label, int place)
    {
        if (_nodeCount == _nodes.Length)
        {
            Array.Resize(ref _nodes, 2 * _nodes.Length);
            _edges = new int[2 * _edges.Length];
            for (var node = 1; node < _nodeCount; node++)
                _edges[FindEdge(_nodes[node].Parent, _nodes[node].Label)] = node;
            place = FindEdge(parent, label);
        }

        _edges[place] = _nodeCount;
        _nodes[_nodeCount] = new Node { Parent = parent, Label = label, Id = -1, Sibling = _nodes[parent].FirstChild };
        _nodes[parent].FirstChild = _nodeCount;
        _nodes[parent].ChildCount++;
        return _nodeCount++;
    }

    private PieceTrie Place()
    {
        Occupy(PieceTrie.Root);
        PlaceChildrenAt(PieceTrie.Root, 0);
        Span<int> cursors = stackalloc int[32];
        foreach (var node in InnerNodesByChildCount())
            PlaceChildren(node, ref cursors[BitOperations.Log2((uint)_nodes[node].ChildCount)]);

        var nodes = new PieceTrie.Node[_slotCount];
        nodes.AsSpan().Fill(new PieceTrie.Node { Parent = -1, Value = -1 });
        foreach (ref readonly var node in _nodes.AsSpan(0, _nodeCount))
        {
            ref var target = ref nodes[node.Slot];
            target.Base = node.Base;
            target.Parent = node.Label == 0 ? -1 : _nodes[node.Parent].Slot; // only the root has no label
            if (node.Id < 0)
                continue;
            var piece = _file.Pieces[node.Id];
            target.Value = piece.Type == PieceType.Normal ? node.Id : node.Id | PieceTrie.SpecialFlag;
            target.Score = piece.Score;
        }

        return new PieceTrie(_codes, nodes);
    }

    // All nodes with children but the root, most children first (counting sort).
    private int[] InnerNodesByChildCount()
    {
        var starts = new int[_codes.LargestCode + 2]; // index: largest count - count + 1
        for (var node = 1; node < _nodeCount; node++)
        {
            if (_nodes[node].ChildCount > 0)
                starts[_codes.LargestCode - _nodes[node].ChildCount + 1]++;
        }

        for (var i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        var inner = new int[starts[^1]];
        for (var node = 1; node < _nodeCount; node++)
        {
            if (_nodes[node].ChildCount > 0)
                inner[starts[_codes.LargestCode - _nodes[node].ChildCount]++] = node;
        }

        return inner;
    }

    private void PlaceChildren(int node, ref int cursor)
    {
        var label = _nodes[_nodes[node].FirstChild].Label;
        var slot = NextFree(cursor);
        var tries = 1;
        while (!Fits(node, slot - label))
        {
            slot = NextFree(slot + 1);
            tries++;
        }

        if (tries > PatientTries || _nodes[node].ChildCount == 1)
            cursor = slot;
        PlaceChildrenAt(node, slot - label);
    }

    private bool Fits(int node, int start)
    {
        for (var child = _nodes[node].FirstChild; child != 0; child = _nodes[child].Sibling)
        {
            var slot = start + _nodes[child].Label;
            if (slot < 1 || IsOccupied(slot))
                return false;
        }

        return true;
    }

    private void PlaceChildrenAt(int node, int start)
    {
        _nodes[node].Base = start;
        for (var child = _nodes[node].FirstChild; child != 0; child = _nodes[child].Sibling)
        {
            _nodes[child].Slot = start + _nodes[child].Label;
            Occupy(_nodes[child].Slot);
        }
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
