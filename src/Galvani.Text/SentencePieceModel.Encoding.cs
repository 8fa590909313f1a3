using System.Text;
using Galvani.Text.SentencePiece;

namespace Galvani.Text;

public sealed partial class SentencePieceModel
{
    /// <summary>How much of a text is normalised at once where its pieces are handed on one by one: so little that it stays in a core's cache.</summary>
    private const int BlockBytes = 1 << 16;

    /// <inheritdoc/>
    public override TokenizedText Encode(ReadOnlySpan<byte> utf8) => Encode(utf8, new SentencePieceWorkspace());

    /// <summary>Cuts UTF-8 text into pieces, with scratch memory that the caller keeps.</summary>
    /// <exception cref="ArgumentException">The text has more than 2^28 bytes when normalised.</exception>
    public TokenizedText Encode(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        workspace.Normalized.RecordsOrigins = true;
        Segment(utf8, workspace);
        var tokens = workspace.Tokens;
        var text = workspace.Normalized.Text;
        var origins = workspace.Normalized.Origins;
        var ids = tokens.Ids.ToArray();
        var pieces = new string[ids.Length];
        var offsets = new TextRange[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            var (start, end) = (tokens.Starts[i], tokens.Ends[i]);
            pieces[i] = ids[i] == UnknownId ? Encoding.UTF8.GetString(text[start..end]) : PieceAt(ids[i]);
            offsets[i] = new TextRange(origins[start], origins[end]);
        }

        return new TokenizedText(pieces, ids, offsets);
    }

    /// <inheritdoc/>
    public override void EncodeTo(ReadOnlySpan<byte> utf8, IPieceReceiver receiver, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        var workspace = new SentencePieceWorkspace { Normalized = { RecordsOrigins = true }, CancellationToken = cancellationToken };
        if (utf8.Length > BlockBytes)
            EncodeTo(utf8, workspace, receiver, BlockBytes);
        else
            EncodeShort(utf8, workspace, receiver);
    }

    /// <summary>The way of long texts, with scratch memory that says whether ranges are wanted, and blocks of a given size.</summary>
    internal void EncodeTo(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace, IPieceReceiver receiver, int blockBytes)
    {
        var window = new CharacterWindow(_normalizer, utf8, _trie.Codes, workspace, blockBytes);
        _encoder.EncodeLong(window, workspace, new SegmentJoiner(_file, UnknownId, _byteIds, workspace, receiver));
    }

    private void EncodeShort(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace, IPieceReceiver receiver)
    {
        Segment(utf8, workspace);
        var tokens = workspace.Tokens;
        var origins = workspace.Normalized.Origins;
        for (var i = 0; i < tokens.Count; i++)
        {
            var (id, start, end) = (tokens.Ids[i], tokens.Starts[i], tokens.Ends[i]);
            if (!receiver.Add(id, id == UnknownId ? workspace.Normalized.Text[start..end] : _file.TextOf(id), new TextRange(origins[start], origins[end])))
                return;
        }
    }

    /// <summary>The fast path: only the ids, with nothing allocated once <paramref name="workspace"/> has grown.</summary>
    /// <param name="utf8">The text. Each byte that is no UTF-8 counts as U+FFFD.</param>
    /// <param name="workspace">Scratch memory, one a thread. It owns the result.</param>
    /// <returns>The ids, valid until the workspace is used again.</returns>
    /// <exception cref="ArgumentException">The text has more than 2^28 bytes when normalised.</exception>
    public ReadOnlySpan<int> EncodeIds(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        workspace.Normalized.RecordsOrigins = false;
        Segment(utf8, workspace);
        return workspace.Tokens.Ids;
    }

    private void Segment(ReadOnlySpan<byte> utf8, SentencePieceWorkspace workspace)
    {
        _normalizer.Normalize(utf8, workspace.Normalized);
        workspace.Tokens.Clear(workspace.Normalized.Length);
        if (workspace.Normalized.Length == 0)
            return;
        _encoder.Encode(workspace, workspace.Normalized.Length);
        if (workspace.Segments.Ids.Contains(UnknownId))
            JoinUnknowns(workspace);
        else
            workspace.Tokens.Take(workspace.Segments);
    }

    // A run of unknown segments is one unknown piece; under byte fallback each becomes the pieces of its bytes, of which
    // the last carries the text.
    private void JoinUnknowns(SentencePieceWorkspace workspace)
    {
        var tokens = workspace.Tokens;
        var ids = workspace.Segments.Ids;
        var ends = workspace.Segments.Ends;
        var (start, afterUnknown) = (0, false);
        for (var i = 0; i < ids.Length; i++)
        {
            var end = ends[i];
            var isUnknown = ids[i] == UnknownId;
            if (isUnknown && UsesByteFallback)
                AppendBytes(workspace, start, end);
            else if (isUnknown && afterUnknown)
                tokens.ExtendLast(end);
            else
                tokens.Add(ids[i], start, end);
            (start, afterUnknown) = (end, isUnknown);
        }
    }

    private void AppendBytes(SentencePieceWorkspace workspace, int start, int end)
    {
        var bytes = workspace.Normalized.Text[start..end];
        for (var i = 0; i < bytes.Length; i++)
            workspace.Tokens.Add(_byteIds[bytes[i]], start, i == bytes.Length - 1 ? end : start);
    }
}
