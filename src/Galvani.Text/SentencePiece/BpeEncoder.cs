// Byte pair encoding as SentencePiece does it: start from characters (a user-defined symbol counts as one that is never
// merged) and merge the adjacent pair whose concatenation is the piece with the highest score, leftmost first, until no
// pair makes a piece. Merges through unused pieces happen and are undone at the end.
// Left out: merge dropout, which serves training.
using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

/// <summary>Segmentation by merging characters.</summary>
internal sealed partial class BpeEncoder : PartwiseEncoder
{
    private const int SpaceSymbol = 0x2581;

    /// <summary>From how many characters on looking up what a symbol makes with the one before is faster than following its characters.</summary>
    private const int RememberedLength = 32;

    private readonly ModelFile _file;
    private readonly PieceTrie? _userDefined;
    private readonly int _unknownId;
    private readonly int _spaceCode;
    private readonly bool _cutsAtSpaces;
    private readonly bool _hasUnused;

    /// <summary>Creates the encoder for the pieces in <paramref name="trie"/>.</summary>
    /// <param name="file">The model file.</param>
    /// <param name="trie">All pieces that text can become, unused ones too.</param>
    /// <param name="userDefined">The user-defined symbols, or null.</param>
    /// <param name="mergeable">The ids of the pieces in <paramref name="trie"/>.</param>
    /// <param name="unknownId">The id for text without a piece.</param>
    public BpeEncoder(ModelFile file, PieceTrie trie, PieceTrie? userDefined, ReadOnlySpan<int> mergeable, int unknownId)
        : base(trie)
    {
        (_file, _userDefined, _unknownId) = (file, userDefined, unknownId);
        _spaceCode = trie.Codes[SpaceSymbol];
        _cutsAtSpaces = true;
        foreach (var id in mergeable)
        {
            _hasUnused |= file.Pieces[id].Type == PieceType.Unused;
            _cutsAtSpaces &= file.TextOf(id).LastIndexOf("▁"u8) <= 0;
        }

        _cutsAtSpaces &= !_hasUnused;
    }

    /// <inheritdoc/>
    public override void Encode(SentencePieceWorkspace workspace, int byteCount)
    {
        var text = workspace.Normalized.Text[..byteCount];
        workspace.Segments.Clear(byteCount);
        if (!_cutsAtSpaces || _spaceCode == 0)
        {
            workspace.Characters.Read(text, Trie.Codes);
            EncodeRange(workspace, workspace.Characters, workspace.Characters.Count, textStart: 0);
            return;
        }

        // No piece has white space but in front, so that no merge crosses it: each word stands for itself.
        workspace.Words.UseFor(this);
        var words = new WordScanner(text, workspace.Words);
        while (words.MoveNext())
        {
            var first = workspace.Segments.Count;
            if (workspace.Words.TryAppend(words, workspace.Segments))
                continue;
            workspace.WordCharacters.Read(words.Word, Trie.Codes);
            EncodeRange(workspace, workspace.WordCharacters, workspace.WordCharacters.Count, words.Start);
            workspace.Words.Add(words, workspace.Segments, first);
        }
    }

    private void EncodeRange(SentencePieceWorkspace workspace, CharacterSequence characters, int count, int textStart)
    {
        var scratch = workspace.Bpe;
        scratch.ClearSplits();
        var symbols = scratch.Prepare(count);
        var codes = characters.Codes[..count];
        FillSymbols(workspace.Normalized.Text[textStart..], characters.Starts, codes, symbols);
        for (var left = 0; symbols[left].Next < count; left = symbols[left].Next)
            AddPairAndSplit(scratch, symbols, codes, left);

        while (scratch.Pairs.TryGetBest(out var left, workspace.CancellationToken))
        {
            Merge(scratch, symbols, left);
            if (symbols[left].Previous is >= 0 and var previous)
                AddPairAndSplit(scratch, symbols, codes, previous);
            AddPairAndSplit(scratch, symbols, codes, left);
        }

        for (var symbol = 0; symbol < count; symbol = symbols[symbol].Next)
            AppendSymbol(workspace, characters, textStart, symbol, symbols[symbol]);
    }

    /// <summary>Makes one symbol of a pair that is a piece. Its own pairs are to be added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, int pair)
    {
        ref var left = ref symbols[pair];
        scratch.Pairs.Remove(left.Next);
        left.Node = left.PairNode;
        left.Next = symbols[left.Next].Next;
        if (left.Next < symbols.Length)
            symbols[left.Next].Previous = pair;
    }

    /// <summary>Makes the symbols of characters whose end is that of a symbol.</summary>
    private void FillSymbols(ReadOnlySpan<byte> text, ReadOnlySpan<int> starts, ReadOnlySpan<int> codes, Span<BpeScratch.Symbol> symbols)
    {
        var previous = -1;
        for (var i = 0; i < codes.Length;)
        {
            var (next, isFrozen) = (i + 1, false);
            if (_userDefined is not null)
                next = CharEncoder.SymbolEnd(_userDefined, text, starts, i, out isFrozen);
            var node = Follow(codes[i..next], PieceTrie.Root);
            symbols[i] = new BpeScratch.Symbol { Previous = previous, Next = next, Node = isFrozen ? BpeScratch.Symbol.Frozen(node) : node };
            previous = i;
            i = next;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddPairAndSplit(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, int left)
    {
        if (AddPair(scratch, symbols, codes, left) is var unused and >= 0)
            scratch.NoteSplit(unused, symbols[left].Next - left);
    }

    /// <summary>Queues a symbol and the one behind it if the two make a piece; they take the place of the pair that the symbol was in.</summary>
    /// <returns>The piece if it is an unused one; -1 if not.</returns>
    private int AddPair(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, int left)
    {
        ref var symbol = ref symbols[left];
        var node = symbol.Node < 0 || symbol.Next == codes.Length ? -1 : Join(scratch, codes, symbol.Node, symbol.Next, symbols[symbol.Next]);
        if (node < 0 || Trie.Nodes[node].Value < 0)
        {
            scratch.Pairs.Remove(left);
            return -1;
        }

        symbol.PairNode = node;
        scratch.Pairs.Set(left, Trie.Nodes[node].Score);
        return _hasUnused ? UnusedPieceAt(node) : -1;
    }

    /// <summary>The unused piece that ends at a node; -1 where another or none does.</summary>
    private int UnusedPieceAt(int node)
    {
        var value = node < 0 ? -1 : Trie.Nodes[node].Value;
        if (value < PieceTrie.SpecialFlag)
            return -1;
        value &= ~PieceTrie.SpecialFlag;
        return _file.Pieces[value].Type == PieceType.Unused ? value : -1;
    }

    /// <summary>The node for two neighbours together, of which the left one has one; those of long symbols are remembered, since a text may join the same ones at every turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Join(BpeScratch scratch, ReadOnlySpan<int> codes, int leftNode, int right, in BpeScratch.Symbol symbol)
    {
        if (symbol.IsFrozen)
            return -1;
        var node = Trie.Step(leftNode, codes[right]);
        var length = symbol.Next - right;
        if (length == 1 || node < 0)
            return node;
        return length < RememberedLength || symbol.Node < 0 ? Follow(codes.Slice(right + 1, length - 1), node) : JoinLong(scratch, codes.Slice(right, length), leftNode, symbol.Node);
    }

    private int JoinLong(BpeScratch scratch, ReadOnlySpan<int> rightCodes, int leftNode, int rightNode)
    {
        ref var node = ref scratch.JoinedNode(Trie, leftNode, rightNode, out var isKnown);
        if (!isKnown)
            node = Follow(rightCodes, leftNode);
        return node;
    }

    private int Follow(ReadOnlySpan<int> codes, int node)
    {
        for (var i = 0; i < codes.Length && node >= 0; i++)
            node = Trie.Step(node, codes[i]);
        return node;
    }

    private void AppendSymbol(SentencePieceWorkspace workspace, CharacterSequence characters, int textStart, int start, BpeScratch.Symbol symbol)
    {
        var starts = characters.Starts;
        var value = symbol.NodeOfText is >= 0 and var node ? Trie.Nodes[node].Value : -1;
        if (value < PieceTrie.SpecialFlag)
        {
            workspace.Segments.Add(value < 0 ? _unknownId : value, textStart + starts[symbol.Next]);
            return;
        }

        var scratch = workspace.Bpe;
        scratch.Parts.Push(new BpeScratch.Part(value & ~PieceTrie.SpecialFlag, start, symbol.Next - start));
        while (scratch.Parts.TryPop(out var part))
        {
            if (_file.Pieces[part.Id].Type == PieceType.Unused && scratch.TryGetSplit(part.Id, out var leftLength))
                SplitPart(scratch, characters.Codes, part, leftLength);
            else
                workspace.Segments.Add(part.Id, textStart + starts[part.Start + part.Length]);
        }
    }

    private void SplitPart(BpeScratch scratch, ReadOnlySpan<int> codes, BpeScratch.Part part, int leftLength)
    {
        ref var ids = ref scratch.IdsOfSplit(part.Id, out var isKnown);
        if (!isKnown)
            ids = (IdAt(codes, part.Start, leftLength), IdAt(codes, part.Start + leftLength, part.Length - leftLength));
        scratch.Parts.Push(new BpeScratch.Part(ids.Right, part.Start + leftLength, part.Length - leftLength));
        scratch.Parts.Push(new BpeScratch.Part(ids.Left, part.Start, leftLength));
    }

    private int IdAt(ReadOnlySpan<int> codes, int start, int length)
    {
        var node = Follow(codes.Slice(start, length), PieceTrie.Root);
        return node < 0 || Trie.Nodes[node].Value < 0 ? _unknownId : Trie.Nodes[node].Value & ~PieceTrie.SpecialFlag;
    }
}
