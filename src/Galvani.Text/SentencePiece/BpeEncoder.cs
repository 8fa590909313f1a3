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
            EncodeRange(workspace, workspace.Characters, textStart: 0);
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
            EncodeRange(workspace, workspace.WordCharacters, words.Start);
            workspace.Words.Add(words, workspace.Segments, first);
        }
    }

    private void EncodeRange(SentencePieceWorkspace workspace, CharacterSequence characters, int textStart)
    {
        var scratch = workspace.Bpe;
        scratch.ClearSplits();
        var symbols = scratch.Prepare(characters.Count);
        FillSymbols(workspace.Normalized.Text[textStart..], characters, symbols);
        var codes = characters.Codes;
        for (var left = 0; symbols[left].Next >= 0; left = symbols[left].Next)
            AddPairAndSplit(scratch, symbols, codes, left, symbols[left].Next);

        while (scratch.PairCount > 0)
        {
            var pair = scratch.Pop(workspace.CancellationToken);
            if (IsStale(symbols, pair))
                continue;
            Merge(scratch, symbols, codes, pair);
            AddPairAndSplit(scratch, symbols, codes, symbols[pair.Left].Previous, pair.Left);
            AddPairAndSplit(scratch, symbols, codes, pair.Left, symbols[pair.Left].Next);
        }

        for (var symbol = 0; symbol >= 0; symbol = symbols[symbol].Next)
            AppendSymbol(workspace, characters, textStart, symbol, symbols[symbol]);
    }

    /// <summary>Whether one of the two was merged with another since the pair was found.</summary>
    private static bool IsStale(Span<BpeScratch.Symbol> symbols, BpeScratch.Pair pair)
    {
        var (left, right) = (symbols[pair.Left].Length, symbols[pair.Right].Length);
        return left == 0 || right == 0 || left + right != pair.Length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Merge(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, BpeScratch.Pair pair)
    {
        ref var left = ref symbols[pair.Left];
        ref var right = ref symbols[pair.Right];
        left.Node = Join(scratch, codes, left.Node, pair.Right, right);
        left.Length = pair.Length;
        left.Next = right.Next;
        right.Length = 0;
        if (left.Next >= 0)
            symbols[left.Next].Previous = pair.Left;
    }

    private void FillSymbols(ReadOnlySpan<byte> text, CharacterSequence characters, Span<BpeScratch.Symbol> symbols)
    {
        var previous = -1;
        for (var i = 0; i < characters.Count;)
        {
            var next = CharEncoder.SymbolEnd(_userDefined, text, characters.Starts, i, out var frozen);
            symbols[i] = new BpeScratch.Symbol
            {
                Previous = previous,
                Next = next < characters.Count ? next : -1,
                Length = next - i,
                Node = Follow(characters.Codes, PieceTrie.Root, i, next - i),
                Frozen = frozen,
            };
            previous = i;
            i = next;
        }
    }

    private void AddPairAndSplit(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, int left, int right)
    {
        if (AddPair(scratch, symbols, codes, left, right) is var unused and >= 0)
            scratch.Splits[unused] = symbols[left].Length;
    }

    /// <summary>Queues a pair if the two make a piece.</summary>
    /// <returns>The piece if it is an unused one; -1 if not.</returns>
    private int AddPair(BpeScratch scratch, Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, int left, int right)
    {
        if (left < 0 || right < 0 || symbols[left].Frozen || symbols[right].Frozen)
            return -1;
        var node = Join(scratch, codes, symbols[left].Node, right, symbols[right]);
        if (node < 0 || Trie.Nodes[node].Value < 0)
            return -1;
        scratch.Push(new BpeScratch.Pair(Trie.Nodes[node].Score, left, right, symbols[left].Length + symbols[right].Length));
        return UnusedPieceAt(node);
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

    /// <summary>The node for two neighbours together; those of long symbols are remembered, since a text may join the same ones at every turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Join(BpeScratch scratch, ReadOnlySpan<int> codes, int leftNode, int right, in BpeScratch.Symbol symbol) =>
        symbol.Length < RememberedLength || symbol.Node < 0 || leftNode < 0
            ? Follow(codes, leftNode, right, symbol.Length)
            : JoinLong(scratch, codes, leftNode, right, symbol);

    private int JoinLong(BpeScratch scratch, ReadOnlySpan<int> codes, int leftNode, int right, in BpeScratch.Symbol symbol)
    {
        ref var node = ref scratch.JoinedNode(Trie, leftNode, symbol.Node, out var isKnown);
        if (!isKnown)
            node = Follow(codes, leftNode, right, symbol.Length);
        return node;
    }

    private int Follow(ReadOnlySpan<int> codes, int node, int start, int length)
    {
        for (var i = start; i < start + length && node >= 0; i++)
            node = Trie.Step(node, codes[i]);
        return node;
    }

    private void AppendSymbol(SentencePieceWorkspace workspace, CharacterSequence characters, int textStart, int start, BpeScratch.Symbol symbol)
    {
        var starts = characters.Starts;
        var value = symbol.Node < 0 ? -1 : Trie.Nodes[symbol.Node].Value;
        if (value < PieceTrie.SpecialFlag)
        {
            workspace.Segments.Add(value < 0 ? _unknownId : value, textStart + starts[start + symbol.Length]);
            return;
        }

        var scratch = workspace.Bpe;
        scratch.Parts.Push(new BpeScratch.Part(value & ~PieceTrie.SpecialFlag, start, symbol.Length));
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
        var node = Follow(codes, PieceTrie.Root, start, length);
        return node < 0 || Trie.Nodes[node].Value < 0 ? _unknownId : Trie.Nodes[node].Value & ~PieceTrie.SpecialFlag;
    }
}
