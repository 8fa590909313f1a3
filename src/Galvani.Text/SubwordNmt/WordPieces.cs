using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Galvani.Text.SubwordNmt;

/// <summary>Hands the pieces of a text's words on, with the separator behind every piece that does not end its word. A long word is cut window by window.</summary>
/// <param name="codes">The merges.</param>
/// <param name="restriction">What the pieces are restricted to, or null.</param>
/// <param name="separator">Shows that a word goes on.</param>
/// <param name="windowBytes">How much of a word is worked on at once, where that is enough to be sure of a piece.</param>
/// <param name="receiver">Takes the pieces.</param>
/// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
internal sealed class WordPieces(MergeCodes codes, VocabularyRestriction? restriction, string separator, int windowBytes, IPieceReceiver receiver, CancellationToken cancellationToken)
{
    /// <summary>How much larger a window becomes that was of little use: so much that all of them together take hardly more time than the last.</summary>
    private const int Growth = 8;

    /// <summary>How large a window becomes, at 16 bytes of memory a byte. Pieces have 2^20 bytes at most, and half of such a window is sure unless codes are made to prevent that.</summary>
    private const int LargestWindow = 1 << 22;

    private readonly WordSegmenter _segmenter = new(codes, cancellationToken);
    private readonly byte[] _separator = Encoding.UTF8.GetBytes(separator);
    private readonly ArrayBufferWriter<byte> _piece = new();
    private readonly List<string> _parts = [];

    /// <summary>Cuts a word.</summary>
    /// <param name="word">Its bytes; those that are no UTF-8 count as U+FFFD each.</param>
    /// <param name="offset">Where it starts in the text.</param>
    /// <returns>Whether more is wanted.</returns>
    /// <exception cref="ArgumentException">Too much of the word has no piece that is sure.</exception>
    public bool Add(ReadOnlySpan<byte> word, int offset)
    {
        LenientUtf8.First(word, out var firstLength);
        var isRestricted = restriction is not null && firstLength < word.Length; // a word of one character is not
        var spelled = 0; // where the restricted pieces so far end in the word
        var window = windowBytes;
        for (var start = 0; start < word.Length;)
        {
            var part = Part(word[start..], window);
            var isWhole = part.Length == word.Length - start;
            var certain = _segmenter.Segment(part, isWhole);
            for (var (from, end) = (0, 0); from < certain; from = end)
            {
                end = _segmenter.EndOfPiece(from);
                var isFinal = isWhole && end == certain;
                var wantsMore = isRestricted
                    ? SendRestricted(word, part[from..end], isFinal, offset, ref spelled)
                    : Send(part[from..end], isFinal, offset + start + from);
                if (!wantsMore)
                    return false;
            }

            if (!isWhole && certain <= part.Length / 2)
            {
                if (window >= LargestWindow)
                    throw UndecidedWords.Error(part.Length - certain, LargestWindow / 2);
                window = Math.Min(window * Growth, LargestWindow);
            }

            start += certain;
        }

        return true;
    }

    /// <summary>The beginning of a word, which ends between two characters; all of it where little more would be left.</summary>
    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> rest, int window) => rest.Length / 2 <= window ? rest : rest[..LenientUtf8.Boundary(rest, window)];

    private bool Send(ReadOnlySpan<byte> utf8, bool isFinal, int start)
    {
        _piece.ResetWrittenCount();
        if (Utf8.IsValid(utf8))
            _piece.Write(utf8);
        else
            LenientUtf8.Write(utf8, _piece);
        if (!isFinal)
            _piece.Write(_separator);
        return receiver.Add(-1, _piece.WrittenSpan, new TextRange(start, start + utf8.Length));
    }

    // Merges may have been undone into parts that are not in the word: each part takes as many of the word's characters as it has letters, as far as there are any.
    private bool SendRestricted(ReadOnlySpan<byte> word, ReadOnlySpan<byte> utf8, bool isFinal, int offset, ref int spelled)
    {
        _piece.ResetWrittenCount();
        LenientUtf8.Write(utf8, _piece);
        _parts.Clear();
        restriction!.Split(Encoding.UTF8.GetString(_piece.WrittenSpan), isFinal, _parts);
        for (var i = 0; i < _parts.Count; i++)
        {
            var start = spelled;
            for (var letters = 0; letters < _parts[i].Length && spelled < word.Length;)
            {
                letters += LenientUtf8.First(word[spelled..], out var length).Utf16SequenceLength;
                spelled += length;
            }

            _piece.ResetWrittenCount();
            Encoding.UTF8.GetBytes(_parts[i], _piece);
            if (!isFinal || i < _parts.Count - 1)
                _piece.Write(_separator);
            if (!receiver.Add(-1, _piece.WrittenSpan, new TextRange(offset + start, offset + spelled)))
                return false;
        }

        return true;
    }
}
