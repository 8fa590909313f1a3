// Byte pair encoding as SentencePiece does it: start from characters (a user-defined symbol counts as one that is never
// merged) and merge the adjacent pair whose concatenation is the piece with the highest score, leftmost first, until no
// pair makes a piece. Merges through unused pieces happen and are undone at the end.
// Left out: merge dropout, which serves training.
using System.Runtime.CompilerServices;

namespace Galvani.Text.SentencePiece;

/// <summary>Segmentation by merging characters.</summary>
internal sealed partial class BpeEncoder : PieceEncoder
{
    private const int SpaceSymbol = 0x2581;

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
        scratch.Splits.Clear();
        var symbols = scratch.Prepare(characters.Count);
        FillSymbols(workspace.Normalized.Text[textStart..], characters, symbols);
        var codes = characters.Codes;
        for (var left = 0; symbols[left].Next >= 0; left = symbols[left].Next)
            AddPairAndSplit(scratch, symbols, codes, left, symbols[left].Next);

        while (scratch.PairCount > 0)
        {
            var pair = scratch.Pop();
            if (IsStale(symbols, pair))
                continue;
            Merge(symbols, codes, pair);
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
    private void Merge(Span<BpeScratch.Symbol> symbols, ReadOnlySpan<int> codes, BpeScratch.Pair pair)
    {
        ref var left = ref symbols[pair.Left];
        ref var right = ref symbols[pair.Right];
        left.Node = Follow(codes, left.Node, pair.Right, right.Length);
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
        var node = Follow(codes, symbols[left].Node, right, symbols[right].Length);
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

        var parts = workspace.Bpe.Parts;
        var codes = characters.Codes;
        parts.Push((start, symbol.Length));
        while (parts.TryPop(out var part))
        {
            var node = Follow(codes, PieceTrie.Root, part.Start, part.Length);
            var id = node < 0 || Trie.Nodes[node].Value < 0 ? _unknownId : Trie.Nodes[node].Value & ~PieceTrie.SpecialFlag;
            if (_file.Pieces[id].Type == PieceType.Unused && workspace.Bpe.TryGetSplit(id, out var leftLength))
            {
                parts.Push((part.Start + leftLength, part.Length - leftLength));
                parts.Push((part.Start, leftLength));
            }
            else
            {
                workspace.Segments.Add(id, textStart + starts[part.Start + part.Length]);
            }
        }
    }
}
