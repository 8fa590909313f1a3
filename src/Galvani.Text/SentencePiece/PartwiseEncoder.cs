namespace Galvani.Text.SentencePiece;

/// <summary>Cuts a long text part by part, where a part ends at a character that no segment crosses, whatever comes behind it.</summary>
/// <param name="trie">All pieces that text can become, unused ones too.</param>
internal abstract class PartwiseEncoder(PieceTrie trie) : PieceEncoder(trie)
{
    /// <inheritdoc/>
    public override void EncodeLong(CharacterWindow window, SentencePieceWorkspace workspace, SegmentJoiner joiner)
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
            window.MoveBehind(end);
        }
    }

    /// <summary>Cuts as much of the characters as is sure, whatever comes behind them, into segments.</summary>
    /// <param name="workspace">Its characters are a part of a text, and not the last.</param>
    /// <returns>How many characters were cut: less than all; 0 where nothing is sure.</returns>
    protected abstract int EncodePart(SentencePieceWorkspace workspace);

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
