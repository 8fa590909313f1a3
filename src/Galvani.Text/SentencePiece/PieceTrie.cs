using System.Runtime.CompilerServices;
using System.Text;

namespace Galvani.Text.SentencePiece;

/// <summary>
/// The pieces that text can become, as a trie over characters in a double array: the child of node n by the character
/// with code c is at n.Base + c if that node's Parent is n. Steps are characters, not bytes. Immutable.
/// </summary>
internal sealed class PieceTrie(CodePointTable codes, PieceTrie.Node[] nodes)
{
    /// <summary>Added to the id in <see cref="Node.Value"/> of pieces that are not plain normal ones: user-defined or unused.</summary>
    public const int SpecialFlag = 1 << 30;

    /// <summary>The index of the root.</summary>
    public const int Root = 0;

    /// <summary>One node, a cache line's quarter.</summary>
    internal struct Node
    {
        /// <summary>Where the children are: child = Base + code. May be negative.</summary>
        public int Base;

        /// <summary>The index of the parent; -1 in an empty slot and in the root.</summary>
        public int Parent;

        /// <summary>The id of the piece that ends here, with <see cref="SpecialFlag"/> where it applies; -1 when none does.</summary>
        public int Value;

        /// <summary>The score of the piece that ends here.</summary>
        public float Score;
    }

    /// <summary>The codes of characters.</summary>
    public CodePointTable Codes { get; } = codes;

    /// <summary>The double array.</summary>
    public Node[] Nodes { get; } = nodes;

    /// <summary>The child of a node, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Step(int node, int code)
    {
        var nodes = Nodes;
        var child = nodes[node].Base + code;
        return (uint)child < (uint)nodes.Length && nodes[child].Parent == node ? child : -1;
    }

    /// <summary>The id of exactly this piece (valid UTF-8), or -1.</summary>
    public int Find(ReadOnlySpan<byte> piece)
    {
        var node = Root;
        for (var i = 0; i < piece.Length && node >= 0;)
            node = Step(node, Codes[Utf8Text.Read(piece, ref i)]);
        return node < 0 || Nodes[node].Value < 0 ? -1 : Nodes[node].Value & ~SpecialFlag;
    }

    /// <summary>The number of characters of the longest piece.</summary>
    public int Depth()
    {
        var depth = 0;
        for (var node = 0; node < Nodes.Length; node++)
        {
            if (Nodes[node].Value < 0)
                continue;
            var length = 0;
            for (var at = node; at != Root; at = Nodes[at].Parent)
                length++;
            depth = Math.Max(depth, length);
        }

        return depth;
    }

    /// <summary>The number of bytes of the longest piece that <paramref name="text"/> (any bytes) starts with; 0 when none does.</summary>
    public int LongestMatch(ReadOnlySpan<byte> text)
    {
        var (node, longest) = (Root, 0);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[i..], out var rune, out var consumed) != System.Buffers.OperationStatus.Done)
                break;
            node = Step(node, Codes[rune.Value]);
            if (node < 0)
                break;
            i += consumed;
            if (Nodes[node].Value >= 0)
                longest = i;
        }

        return longest;
    }
}
