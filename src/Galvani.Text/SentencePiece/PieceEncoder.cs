namespace Galvani.Text.SentencePiece;

/// <summary>Cuts normalised text, given as <see cref="SentencePieceWorkspace.Characters"/>, into segments. Immutable.</summary>
/// <param name="trie">All pieces that text can become, unused ones too.</param>
internal abstract class PieceEncoder(PieceTrie trie)
{
    private int _longestPiece;

    /// <summary>All pieces that text can become, unused ones too.</summary>
    protected PieceTrie Trie { get; } = trie;

    /// <summary>The most characters of a piece.</summary>
    public int LongestPiece => _longestPiece > 0 ? _longestPiece : _longestPiece = Trie.Depth();

    /// <summary>Fills <see cref="SentencePieceWorkspace.Segments"/>, in text order; there is at least one character.</summary>
    public abstract void Encode(SentencePieceWorkspace workspace);

    /// <summary>
    /// Cuts a long text in memory that does not grow with it: part by part, where a part ends at a character that no segment crosses.
    /// </summary>
    /// <param name="window">At the beginning of the text.</param>
    /// <param name="workspace">Scratch memory, that of the window.</param>
    /// <param name="joiner">Takes the segments.</param>
    public virtual void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
    {
        window.Move(0);
        while (true)
        {
            var (isLast, count) = (window.IsLast, window.Characters.Count);
            var end = isLast ? count : LastCut(workspace);
            if (end > 0)
            {
                window.Characters.Truncate(end);
                Encode(workspace);
                var ids = workspace.Segments.Ids;
                var ends = workspace.Segments.Ends;
                for (var i = 0; i < ids.Length; i++)
                {
                    if (!joiner.Add(ids[i], i == 0 ? 0 : ends[i - 1], ends[i]))
                        return;
                }
            }

            if (isLast)
                return;
            window.Move(end);
        }
    }

    /// <summary>The last place in a window that no segment crosses, whatever comes behind the window: a number of characters, less than all; 0 where there is none.</summary>
    protected virtual int LastCut(SentencePieceWorkspace workspace)
    {
        var codes = workspace.Characters.Codes;
        var (cut, reach) = (0, 0);
        for (var at = 0; at < codes.Length - LongestPiece; at++)
        {
            if (reach <= at)
                cut = at;
            reach = Math.Max(reach, at + Trie.LongestMatchOfCodes(codes[at..]));
        }

        return cut;
    }
}
