// What OpenNMT-py's tokenizer transforms take out of a line before the tokenizer sees it (3.5.1, onmt/transforms/tokenize.py): the end token, which stays a token between the parts; the
// mask of a prompt, which becomes the padding token; and the line separator, which a SentencePiece model gets as a line feed. Other special tokens (<s>, <blank>, <unk>) are text like any other.
using Galvani.Text;

namespace Galvani;

/// <summary>The placeholders of a line, kept from the tokenizer.</summary>
internal static class Placeholders
{
    /// <summary>Stands for a line feed inside a line.</summary>
    public const string LineFeed = "｟newline｠";

    private static ReadOnlySpan<byte> LineFeedUtf8 => "｟newline｠"u8;

    private static ReadOnlySpan<byte> EndUtf8 => "</s>"u8;

    /// <summary>Stands behind a prompt, whose loss does not count in training.</summary>
    private static ReadOnlySpan<byte> MaskUtf8 => "｟_mask_before_｠"u8;

    /// <summary>Whether a line may have any: false for nearly all lines, which then need no second look.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> utf8) => utf8.IndexOf(EndUtf8) >= 0 || utf8.IndexOf("｟"u8) >= 0;

    /// <summary>Cuts a line into pieces: what stands between placeholders each by itself, and the tokens that the placeholders are.</summary>
    /// <param name="tokenizer">Cuts what stands between.</param>
    /// <param name="utf8">The line.</param>
    /// <returns>The pieces, and where they come from, as byte ranges of the line.</returns>
    public static (List<string> Pieces, List<TextRange> Offsets) Encode(Tokenizer tokenizer, ReadOnlySpan<byte> utf8)
    {
        var (pieces, offsets) = (new List<string>(), new List<TextRange>());
        var (end, mask) = (Next(utf8, EndUtf8, 0), Next(utf8, MaskUtf8, 0));
        for (var start = 0; ;)
        {
            var next = Math.Min(end, mask);
            AppendPart(tokenizer, utf8[start..next], start, pieces, offsets);
            if (next == utf8.Length)
                return (pieces, offsets);
            var isEnd = end < mask;
            start = next + (isEnd ? EndUtf8.Length : MaskUtf8.Length);
            pieces.Add(isEnd ? Vocabulary.End : Vocabulary.Padding);
            offsets.Add(new TextRange(next, start));
            (end, mask) = isEnd ? (Next(utf8, EndUtf8, start), mask) : (end, Next(utf8, MaskUtf8, start));
        }
    }

    /// <summary>Where a placeholder next stands; the line's length where it stands nowhere.</summary>
    private static int Next(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> placeholder, int start) => utf8[start..].IndexOf(placeholder) is >= 0 and var index ? start + index : utf8.Length;

    private static void AppendPart(Tokenizer tokenizer, ReadOnlySpan<byte> part, int start, List<string> pieces, List<TextRange> offsets)
    {
        var hasLineFeeds = tokenizer is SentencePieceModel && part.IndexOf(LineFeedUtf8) >= 0;
        var origins = new List<int>();
        var tokenized = tokenizer.Encode(hasLineFeeds ? WithLineFeeds(part, origins) : part);
        for (var i = 0; i < tokenized.Pieces.Count; i++)
        {
            var range = tokenized.Offsets[i];
            pieces.Add(tokenized.Pieces[i]);
            offsets.Add(hasLineFeeds ? new TextRange(start + origins[range.Start], start + origins[range.End]) : new TextRange(start + range.Start, start + range.End));
        }
    }

    /// <summary>The part with line feeds for their placeholders.</summary>
    /// <param name="part">The part.</param>
    /// <param name="origins">Gets where each byte of the result comes from, and where the part ends.</param>
    private static byte[] WithLineFeeds(ReadOnlySpan<byte> part, List<int> origins)
    {
        var result = new List<byte>(part.Length);
        for (var i = 0; i < part.Length;)
        {
            var isPlaceholder = part[i..].StartsWith(LineFeedUtf8);
            result.Add(isPlaceholder ? (byte)'\n' : part[i]);
            origins.Add(i);
            i += isPlaceholder ? LineFeedUtf8.Length : 1;
        }

        origins.Add(part.Length);
        return [.. result];
    }
}
