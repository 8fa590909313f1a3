namespace Galvani.Text.SentencePiece;

/// <summary>Cuts normalised text into segments. Immutable.</summary>
/// <param name="trie">All pieces that text can become, unused ones too.</param>
internal abstract class PieceEncoder(PieceTrie trie)
{
    private int _longestPiece;

    /// <summary>All pieces that text can become, unused ones too.</summary>
    protected PieceTrie Trie { get; } = trie;

    /// <summary>The most characters of a piece.</summary>
    public int LongestPiece => _longestPiece > 0 ? _longestPiece : _longestPiece = Trie.Depth();

    /// <summary>Fills <see cref="SentencePieceWorkspace.Segments"/>, in text order. Of the characters of the workspace, those of these bytes stay.</summary>
    /// <param name="workspace">Holds the text.</param>
    /// <param name="byteCount">How much of the text is cut: at least one character.</param>
    public abstract void Encode(SentencePieceWorkspace workspace, int byteCount);

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
            var isLast = window.IsLast;
            var end = isLast ? window.Characters.Count : 0;
            if (!isLast)
                end = EncodePart(workspace);
            else if (end > 0)
                Encode(workspace, workspace.Normalized.Length);
            var ids = workspace.Segments.Ids;
            var ends = workspace.Segments.Ends;
            for (var i = 0; i < ids.Length && end > 0; i++)
            {
                if (!joiner.Add(ids[i], i == 0 ? 0 : ends[i - 1], ends[i]))
                    return;
            }

            if (isLast)
                return;
            window.Move(end);
        }
    }

    /// <summary>Cuts as much of the characters as is sure, whatever comes behind them, into segments.</summary>
    /// <param name="workspace">Its characters are a part of a text, and not the last.</param>
    /// <returns>How many characters were cut: less than all; 0 where nothing is sure.</returns>
    protected virtual int EncodePart(SentencePieceWorkspace workspace)
    {
        var codes = workspace.Characters.Codes;
        var (cut, reach) = (0, 0); // no piece reaches beyond
        for (var at = 0; at < codes.Length - LongestPiece; at++)
        {
            if (reach <= at)
                cut = at;
            reach = Math.Max(reach, at + Trie.LongestMatchOfCodes(codes[at..]));
        }

        return EncodeFirst(workspace, cut);
    }

    /// <summary>Cuts the first characters.</summary>
    /// <returns>How many these are.</returns>
    protected int EncodeFirst(SentencePieceWorkspace workspace, int count)
    {
        if (count <= 0)
            return 0;
        Encode(workspace, workspace.Characters.Starts[count]);
        return count;
    }
}
