using System.Globalization;

namespace Galvani.Checkpoints.Numpy;

/// <summary>The header of an array: a Python dictionary literal with three keys, parsed strictly and never evaluated.</summary>
/// <param name="TypeCode">The element type without byte order.</param>
/// <param name="IsBigEndian">Whether bytes must be swapped.</param>
/// <param name="IsFortranOrder">Whether the first index runs fastest.</param>
/// <param name="Shape">The sizes.</param>
internal sealed record NpyHeader(string TypeCode, bool IsBigEndian, bool IsFortranOrder, long[] Shape)
{
    private static readonly string[] Types = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"];

    public int ElementBytes => TypeCode[^1] - '0';

    public static NpyHeader Parse(string text, string path, string? entry)
    {
        var scanner = new Scanner(text.Trim(), path, entry);
        string? type = null;
        bool? fortran = null;
        long[]? shape = null;
        scanner.Expect('{');
        while (!scanner.TryTake('}'))
        {
            var key = scanner.Quoted();
            scanner.Expect(':');
            switch (key)
            {
                case "descr" when type is null:
                    type = scanner.Quoted();
                    break;
                case "fortran_order" when fortran is null:
                    fortran = scanner.Flag();
                    break;
                case "shape" when shape is null:
                    shape = scanner.Sizes();
                    break;
                default:
                    throw scanner.Broken($"has the unexpected key '{key}'");
            }

            scanner.TryTake(',');
        }

        if (type is null || fortran is null || shape is null || !scanner.IsAtEnd)
            throw scanner.Broken("needs exactly descr, fortran_order and shape");
        if (type.Length != 3 || !Types.Contains(type[1..]) || !"<>|=".Contains(type[0], StringComparison.Ordinal))
            throw new CheckpointFormatException($"The array has the type '{type}'; floats of 2 to 8 bytes, integers and bool are read (objects would be pickles)", path, entry, 10);
        return new NpyHeader(type[1..], type[0] == '>' && type[^1] != '1', fortran.Value, shape);
    }

    private ref struct Scanner(string text, string path, string? entry)
    {
        private int at;

        public readonly bool IsAtEnd => at == text.Length;

        public bool TryTake(char expected)
        {
            SkipSpaces();
            if (at == text.Length || text[at] != expected)
                return false;
            at++;
            return true;
        }

        public void Expect(char expected)
        {
            if (!TryTake(expected))
                throw Broken($"has no '{expected}' at character {at}");
        }

        public string Quoted()
        {
            Expect('\'');
            var end = text.IndexOf('\'', at);
            if (end < 0)
                throw Broken("has an open quote");
            var value = text[at..end];
            at = end + 1;
            return value;
        }

        public bool Flag()
        {
            SkipSpaces();
            foreach (var (word, value) in ((string, bool)[])[("False", false), ("True", true)])
            {
                if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
                    continue;
                at += word.Length;
                return value;
            }

            throw Broken("has no True or False for fortran_order");
        }

        public long[] Sizes()
        {
            var sizes = new List<long>();
            Expect('(');
            while (!TryTake(')'))
            {
                SkipSpaces();
                var start = at;
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                    at++;
                if (!long.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                    throw Broken($"has no size at character {start}");
                sizes.Add(size);
                TryTake(',');
            }

            return [.. sizes];
        }

        private void SkipSpaces()
        {
            while (at < text.Length && text[at] == ' ')
                at++;
        }

        public readonly CheckpointFormatException Broken(string problem) => new($"The header {problem}", path, entry, 10);
    }
}
