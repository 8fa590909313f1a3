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

    private static ReadOnlySpan<byte> PaddingUtf8 => "<blank>"u8;

    /// <summary>Stands behind a prompt, whose loss does not count in training.</summary>
    private static ReadOnlySpan<byte> MaskUtf8 => "｟_mask_before_｠"u8;

    /// <summary>Whether a line may have any: false for nearly all lines, which then need no second look.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> utf8) => utf8.IndexOf(EndUtf8) >= 0 || utf8.IndexOf("｟"u8) >= 0;

    /// <summary>Cuts a line into pieces: what stands between placeholders each by itself, and the tokens that the placeholders are. Ranges are of the line; placeholders have no id.</summary>
    /// <param name="tokenizer">Cuts what stands between.</param>
    /// <param name="utf8">The line.</param>
    /// <param name="receiver">Takes the pieces.</param>
    /// <param name="cancellationToken">Ends the work, also in the midst of a word.</param>
    /// <returns>Whether more is wanted.</returns>
    public static bool EncodeTo(Tokenizer tokenizer, ReadOnlySpan<byte> utf8, IPieceReceiver receiver, CancellationToken cancellationToken = default)
    {
        var (end, mask) = (Next(utf8, EndUtf8, 0), Next(utf8, MaskUtf8, 0));
        for (var start = 0; ;)
        {
            var next = Math.Min(end, mask);
            if (!EncodePart(tokenizer, utf8[start..next], start, receiver, cancellationToken))
                return false;
            if (next == utf8.Length)
                return true;
            var isEnd = end < mask;
            start = next + (isEnd ? EndUtf8.Length : MaskUtf8.Length);
            if (!receiver.Add(-1, isEnd ? EndUtf8 : PaddingUtf8, new TextRange(next, start)))
                return false;
            (end, mask) = isEnd ? (Next(utf8, EndUtf8, start), mask) : (end, Next(utf8, MaskUtf8, start));
        }
    }

    /// <summary>Where a placeholder next stands; the line's length where it stands nowhere.</summary>
    private static int Next(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> placeholder, int start) => utf8[start..].IndexOf(placeholder) is >= 0 and var index ? start + index : utf8.Length;

    private static bool EncodePart(Tokenizer tokenizer, ReadOnlySpan<byte> part, int start, IPieceReceiver receiver, CancellationToken cancellationToken)
    {
        if (part.IsEmpty)
            return true;
        if (tokenizer is not SentencePieceModel || part.IndexOf(LineFeedUtf8) < 0)
        {
            var relay = new PieceRelay(receiver, start);
            tokenizer.EncodeTo(part, relay, cancellationToken);
            return relay.WantsMore;
        }

        var text = WithLineFeeds(part, out var lineFeeds);
        var relayOfText = new PieceRelay(receiver, start, position => position + ((LineFeedUtf8.Length - 1) * CountBefore(lineFeeds, position)));
        tokenizer.EncodeTo(text, relayOfText, cancellationToken);
        return relayOfText.WantsMore;
    }

    /// <summary>The part with line feeds for their placeholders.</summary>
    /// <param name="part">The part.</param>
    /// <param name="lineFeeds">Where these are in the result, in order.</param>
    private static byte[] WithLineFeeds(ReadOnlySpan<byte> part, out List<int> lineFeeds)
    {
        lineFeeds = [];
        var length = part.Length;
        for (var rest = part; rest.IndexOf(LineFeedUtf8) is >= 0 and var index; rest = rest[(index + LineFeedUtf8.Length)..])
            length -= LineFeedUtf8.Length - 1;
        var result = new byte[length];
        var written = 0;
        for (var rest = part; ; rest = rest[LineFeedUtf8.Length..])
        {
            var index = rest.IndexOf(LineFeedUtf8);
            var plain = index < 0 ? rest : rest[..index];
            plain.CopyTo(result.AsSpan(written));
            written += plain.Length;
            if (index < 0)
                return result;
            lineFeeds.Add(written);
            result[written++] = (byte)'\n';
            rest = rest[index..];
        }
    }

    private static int CountBefore(List<int> positions, int position)
    {
        var index = positions.BinarySearch(position);
        return index < 0 ? ~index : index;
    }
}
