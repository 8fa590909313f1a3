// Normalisation as SentencePiece does it before it cuts text into pieces: replacement rules (longest match first), then
// white space: collapsed, escaped as U+2581, and put in front of (or behind) the text. Works on UTF-8 bytes; an
// invalid byte becomes U+FFFD and consumes one byte. The result is always valid UTF-8.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Galvani.Text.SentencePiece;

/// <summary>The normaliser of one model. Immutable, safe for use by several threads.</summary>
internal sealed class Normalizer
{
    private const int LowCodePointCount = 0x800;

    private static readonly byte[] EscapedSpace = [0xE2, 0x96, 0x81];
    private static readonly byte[] PlainSpace = [(byte)' '];
    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private readonly CharacterMap? _map;
    private readonly PieceTrie? _userDefined;
    private readonly bool _addDummyPrefix;
    private readonly bool _removeExtraWhitespaces;
    private readonly bool _suffix;
    private readonly byte[] _space;

    // Code points of one and two bytes that need the slow path, bytes that may join what stands before them, and code points at which a run of plain characters ends: these, those that begin so, and the space.
    private readonly bool[] _ruled = new bool[LowCodePointCount];
    private readonly bool[] _continues = new bool[256];
    private readonly bool[] _endsRun = new bool[LowCodePointCount];

    /// <summary>Creates the normaliser.</summary>
    /// <param name="map">Replacement rules, or null.</param>
    /// <param name="spec">The settings.</param>
    /// <param name="treatWhitespaceAsSuffix">Whether the dummy white space goes behind the text.</param>
    /// <param name="userDefined">Symbols that pass unchanged, or null.</param>
    /// <param name="userDefinedFirst">The first code points of those symbols.</param>
    public Normalizer(CharacterMap? map, NormalizerSpec spec, bool treatWhitespaceAsSuffix, PieceTrie? userDefined, IEnumerable<int> userDefinedFirst)
    {
        (_map, _userDefined) = (map, userDefined);
        _addDummyPrefix = spec.AddDummyPrefix;
        _removeExtraWhitespaces = spec.RemoveExtraWhitespaces;
        _suffix = treatWhitespaceAsSuffix;
        _space = spec.EscapeWhitespaces ? EscapedSpace : PlainSpace;
        map?.MarkRules(_ruled, _continues);
        foreach (var codePoint in userDefinedFirst)
        {
            if (codePoint < LowCodePointCount)
                _ruled[codePoint] = true;
        }

        for (var codePoint = 0; codePoint < LowCodePointCount; codePoint++)
            _endsRun[codePoint] = codePoint == ' ' || _ruled[codePoint] || _continues[codePoint < 0x80 ? codePoint : 0xC0 | codePoint >> 6];
    }

    /// <summary>How far a text has been normalised.</summary>
    internal struct Progress
    {
        /// <summary>The input position of what comes next.</summary>
        public int Position;

        /// <summary>Whether all is done.</summary>
        public bool IsComplete;

        /// <summary>Whether anything was done.</summary>
        public bool HasStarted;

        /// <summary>Whether white space that comes next is dropped.</summary>
        public bool AfterSpace;

        /// <summary>An input position from which on, as was seen, something comes that is no white space.</summary>
        public int TextAhead;
    }

    /// <summary>Normalises <paramref name="input"/> into <paramref name="text"/>, which loses what it held.</summary>
    public void Normalize(ReadOnlySpan<byte> input, NormalizedText text)
    {
        text.Length = 0;
        var progress = default(Progress);
        NormalizeBlock(input, input.Length, long.MaxValue, text, ref progress);
    }

    /// <summary>Normalises the next part of an input, behind what <paramref name="text"/> holds; nothing once all is done. All parts together give what <see cref="Normalize"/> gives.</summary>
    /// <param name="input">The whole input.</param>
    /// <param name="blockBytes">How much of the input is taken, in bytes; more where a rule reaches farther, less where the result is twice as long by then.</param>
    /// <param name="text">Gets the result. What stays in it from part to part must end as it did, since white space at the end of the input goes.</param>
    /// <param name="progress">The default value at first.</param>
    public void NormalizeBlock(ReadOnlySpan<byte> input, int blockBytes, NormalizedText text, ref Progress progress) =>
        NormalizeBlock(input, blockBytes, text.Length + 2L * blockBytes, text, ref progress);

    private void NormalizeBlock(ReadOnlySpan<byte> input, int blockBytes, long longest, NormalizedText text, ref Progress progress)
    {
        if (progress.IsComplete || (!progress.HasStarted && !Start(input, text, ref progress)))
            return;
        var stop = Math.Min(input.Length, progress.Position + (long)blockBytes);
        text.Reserve(RoomFor((int)stop - progress.Position));
        Advance(input, (int)stop, longest, text, ref progress);
        if (progress.Position == input.Length || EndsHere(input, text, ref progress))
            Finish(text, ref progress);
    }

    // What stands in front of the text; false where there is no text.
    private bool Start(ReadOnlySpan<byte> input, NormalizedText text, ref Progress progress)
    {
        progress.HasStarted = true;
        progress.TextAhead = -1;
        progress.AfterSpace = _removeExtraWhitespaces;
        progress.Position = _removeExtraWhitespaces ? SkipLeadingSpaces(input) : 0;
        progress.IsComplete = progress.Position == input.Length;
        if (progress.IsComplete)
            return false;
        if (_addDummyPrefix && !_suffix)
        {
            text.Reserve(_space.Length);
            text.Append(_space, progress.Position);
        }

        return true;
    }

    private void Advance(ReadOnlySpan<byte> input, int stop, long longest, NormalizedText text, ref Progress progress)
    {
        var (position, afterSpace) = (progress.Position, progress.AfterSpace);
        while (true)
        {
            position = CopyPlain(input, position, stop, text, ref afterSpace);
            if (position >= stop || text.Length >= longest)
                break;
            var replacement = PrefixAt(input[position..], out var consumed);
            AppendReplacement(replacement, position, Math.Max(consumed, stop - position), text, ref afterSpace);
            position += consumed;
        }

        (progress.Position, progress.AfterSpace) = (position, afterSpace);
    }

    // Whether the text ends in front of the white space at its end, as nothing else comes.
    private bool EndsHere(ReadOnlySpan<byte> input, NormalizedText text, ref Progress progress)
    {
        if (!_removeExtraWhitespaces || progress.Position <= progress.TextAhead || !text.Text.EndsWith(_space))
            return false;
        for (var position = progress.Position; position < input.Length;)
        {
            if (!IsWhiteSpace(PrefixAt(input[position..], out var consumed)))
            {
                progress.TextAhead = position;
                return false;
            }

            position += consumed;
        }

        return true;
    }

    private bool IsWhiteSpace(ReadOnlySpan<byte> replacement)
    {
        while (!replacement.IsEmpty)
        {
            if (replacement[0] == (byte)' ')
                replacement = replacement[1..];
            else if (replacement.StartsWith(_space))
                replacement = replacement[_space.Length..];
            else
                return false;
        }

        return true;
    }

    private void Finish(NormalizedText text, ref Progress progress)
    {
        progress.IsComplete = true;
        var end = _removeExtraWhitespaces ? TrimTrailingSpaces(text, progress.Position) : progress.Position;
        if (_addDummyPrefix && _suffix)
            text.Append(_space, end);
        if (text.RecordsOrigins)
            text.Origins[text.Length] = end;
    }

    // Every byte becomes at most three (a space, an invalid byte), and white space is added at one end.
    private static long RoomFor(int byteCount) => (3L * byteCount) + 8;

    private int SkipLeadingSpaces(ReadOnlySpan<byte> input)
    {
        var position = 0;
        while (position < input.Length)
        {
            var prefix = PrefixAt(input[position..], out var consumed);
            if (prefix.Length != 1 || prefix[0] != (byte)' ')
                break;
            position += consumed;
        }

        return position;
    }

    // The fast path: characters that are their own normal form are copied, a word at a time, up to the position to stop at. Stops at anything else.
    private int CopyPlain(ReadOnlySpan<byte> input, int position, int stop, NormalizedText text, ref bool afterSpace)
    {
        while (true)
        {
            var end = EndOfPlain(input, position, stop);
            if (end > position)
            {
                text.AppendUnchanged(input[position..end], position);
                afterSpace = false;
                position = end;
            }

            if (position >= stop || input[position] != (byte)' ' || _ruled[' '] || ContinuesAt(input, position + 1))
                return position;
            if (!afterSpace)
                text.Append(_space, position);
            afterSpace = _removeExtraWhitespaces;
            position++;
        }
    }

    // Where the characters of one and two bytes end that are their own normal form, from a position on: at a space, at a character that needs a closer look, or behind the position to stop at.
    private int EndOfPlain(ReadOnlySpan<byte> input, int position, int stop)
    {
        var (end, last) = (position, position);
        while (end < stop)
        {
            int first = input[end];
            var length = 1;
            if (first >= 0x80)
            {
                if (first is < 0xC2 or > 0xDF || end + 1 >= input.Length || (input[end + 1] & 0xC0) != 0x80)
                    break;
                first = ((first & 0x1F) << 6) | (input[end + 1] & 0x3F);
                length = 2;
            }

            if (_endsRun[first])
                break;
            last = end;
            end += length;
        }

        return ContinuesAt(input, end) ? last : end; // what comes next may join the last character
    }

    private bool ContinuesAt(ReadOnlySpan<byte> input, int position) => position < input.Length && _continues[input[position]];

    // What the text at hand starts with, normalised, and the number of bytes it takes.
    private ReadOnlySpan<byte> PrefixAt(ReadOnlySpan<byte> input, out int consumed)
    {
        if (_userDefined is not null)
        {
            consumed = _userDefined.LongestMatch(input);
            if (consumed > 0)
                return input[..consumed];
        }

        if (_map is not null)
        {
            var value = _map.FindLongest(input, out consumed);
            if (value >= 0)
                return _map.ReplacementAt(value);
        }

        if (Rune.DecodeFromUtf8(input, out _, out consumed) == OperationStatus.Done)
            return input[..consumed];
        consumed = 1;
        return Replacement;
    }

    private void AppendReplacement(ReadOnlySpan<byte> replacement, int origin, int remaining, NormalizedText text, ref bool afterSpace)
    {
        while (afterSpace && replacement.Length > 0 && replacement[0] == (byte)' ')
            replacement = replacement[1..];
        if (replacement.IsEmpty)
            return;
        text.Reserve((3L * replacement.Length) + RoomFor(remaining));
        text.AppendReplacement(replacement, _space, origin);
        afterSpace = _removeExtraWhitespaces && replacement[^1] == (byte)' ';
    }

    // Returns the input position at which the text now ends.
    private int TrimTrailingSpaces(NormalizedText text, int end)
    {
        while (text.Text.EndsWith(_space))
        {
            text.Length -= _space.Length;
            if (text.RecordsOrigins)
                end = text.Origins[text.Length];
        }

        return end;
    }
}
