namespace Galvani.Text.SentencePiece;

/// <summary>Makes pieces of the segments of a long text and hands them on.</summary>
/// <param name="file">The model.</param>
/// <param name="unknownId">The id of the unknown piece.</param>
/// <param name="byteIds">The ids of the byte pieces, by byte.</param>
/// <param name="workspace">Its text is that which holds the segments.</param>
/// <param name="receiver">Takes the pieces.</param>
internal sealed class SegmentJoiner(ModelFile file, int unknownId, int[] byteIds, SentencePieceWorkspace workspace, IPieceReceiver receiver)
{
    private bool _afterUnknown;
    private int? _openStart; // where in the input a segment begins of which a part has been taken

    /// <summary>Whether each unknown segment becomes pieces of its own; else several in a row may be taken together.</summary>
    public bool SplitsUnknowns => file.ByteFallback;

    /// <summary>Takes the next segment.</summary>
    /// <param name="id">Its id; the unknown piece's where no piece fits.</param>
    /// <param name="first">Its first byte in the window.</param>
    /// <param name="last">The byte behind its last.</param>
    /// <returns>Whether more is wanted.</returns>
    public bool Add(int id, int first, int last)
    {
        var range = Range(first, last);
        if (_openStart is { } openStart)
            range = range with { Start = openStart };
        _openStart = null;
        var wasUnknown = _afterUnknown;
        _afterUnknown = id == unknownId;
        if (!_afterUnknown)
            return receiver.Add(id, file.TextOf(id), range);
        var text = workspace.Normalized.Text[first..last];
        if (file.ByteFallback)
            return AddBytes(text, range);
        return wasUnknown ? receiver.Extend(text, range.End) : receiver.Add(id, text, range);
    }

    /// <summary>Takes the beginning, or more, of an unknown segment that goes on; <see cref="Add"/> takes its end.</summary>
    /// <param name="first">The part's first byte in the window.</param>
    /// <param name="last">The byte behind its last.</param>
    /// <returns>Whether more is wanted.</returns>
    public bool AddPart(int first, int last)
    {
        var text = workspace.Normalized.Text[first..last];
        var range = Range(first, last);
        var wasUnknown = _afterUnknown;
        _afterUnknown = true;
        _openStart ??= range.Start;
        if (file.ByteFallback)
            return AddBytes(text, new TextRange(_openStart.Value, _openStart.Value));
        return wasUnknown ? receiver.Extend(text, range.End) : receiver.Add(unknownId, text, range);
    }

    private bool AddBytes(ReadOnlySpan<byte> bytes, TextRange range)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var id = byteIds[bytes[i]];
            if (!receiver.Add(id, file.TextOf(id), i == bytes.Length - 1 ? range : new TextRange(range.Start, range.Start)))
                return false;
        }

        return true;
    }

    private TextRange Range(int first, int last)
    {
        var normalized = workspace.Normalized;
        return normalized.RecordsOrigins ? new TextRange(normalized.Origins[first], normalized.Origins[last]) : default;
    }
}
