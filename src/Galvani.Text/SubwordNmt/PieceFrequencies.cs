using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Galvani.Text.SubwordNmt;

/// <summary>The vocabulary file of subword-nmt: a piece, a space and its frequency a line.</summary>
internal static class PieceFrequencies
{
    /// <summary>Reads the pieces whose frequency is at least <paramref name="threshold"/>.</summary>
    /// <exception cref="TokenizerFormatException">A line that is not UTF-8, or not a piece and a whole number.</exception>
    public static HashSet<string> Read(ReadOnlySpan<byte> bytes, long threshold, string path)
    {
        var pieces = new HashSet<string>(StringComparer.Ordinal);
        var body = bytes.EndsWith("\n"u8) ? bytes[..^1] : bytes;
        if (body.IsEmpty)
            return pieces;
        foreach (var range in body.Split((byte)'\n'))
        {
            var line = body[range].Trim("\r\n "u8);
            var space = line.IndexOf((byte)' ');
            if (space < 0 || !Utf8.IsValid(line)
                || !long.TryParse(line[(space + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var frequency))
            {
                throw new TokenizerFormatException(
                    "A line is not a piece, a space and its frequency.", path, range.Start.GetOffset(body.Length));
            }

            if (frequency >= threshold)
                pieces.Add(Encoding.UTF8.GetString(line[..space]));
        }

        return pieces;
    }
}
