using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Numpy;

/// <summary>The header of an array: a Python dictionary literal with three keys, parsed strictly and never evaluated.</summary>
/// <param name="TypeCode">The element type without byte order.</param>
/// <param name="IsBigEndian">Whether bytes must be swapped.</param>
/// <param name="IsFortranOrder">Whether the first index runs fastest.</param>
/// <param name="Shape">The sizes.</param>
internal sealed record NpyHeader(string TypeCode, bool IsBigEndian, bool IsFortranOrder, long[] Shape)
{
    /// <summary>The most bytes that a header takes with what stands in front of it; numpy itself reads no longer ones of untrusted files.</summary>
    public const int MostBytes = PrefixBytes + 10_000;

    private const int PrefixBytes = 12;

    private static readonly (string Code, DType Type)[] Types =
    [
        ("f2", DType.Float16), ("f4", DType.Float32), ("f8", DType.Float64), ("i1", DType.Int8), ("i2", DType.Int16), ("i4", DType.Int32), ("i8", DType.Int64),
        ("u1", DType.UInt8), ("u2", DType.UInt16), ("u4", DType.UInt32), ("u8", DType.UInt64), ("b1", DType.Bool), ("c8", DType.Complex64), ("c16", DType.Complex128),
    ];

    /// <summary>What every file begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The element type.</summary>
    public DType Type => Types.First(row => row.Code == TypeCode).Type;

    /// <summary>The size of an element.</summary>
    public int ElementBytes => Type.ElementBytes();

    /// <summary>Reads the header at the beginning of an array.</summary>
    /// <param name="head">The beginning: the whole array, or <see cref="MostBytes"/> of it.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="entry">The archive entry, or null.</param>
    /// <param name="dataOffset">Where the numbers begin.</param>
    /// <exception cref="CheckpointFormatException">The header is broken or too long.</exception>
    /// <exception cref="UnsupportedCheckpointException">The elements are no numbers.</exception>
    public static NpyHeader Read(ReadOnlySpan<byte> head, string path, string? entry, out int dataOffset)
    {
        if (head.Length < 10 || !head.StartsWith(Magic))
            throw new CheckpointFormatException("This is no numpy array: it does not begin with \\x93NUMPY", path, entry, 0);
        var isShort = head[6] == 1;
        if (head[6] is < 1 or > 3 || !isShort && head.Length < PrefixBytes)
            throw new CheckpointFormatException($"The array has format version {head[6]}, expected 1 to 3", path, entry, 6);
        long headerBytes = isShort ? BinaryPrimitives.ReadUInt16LittleEndian(head[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        var start = isShort ? 10 : PrefixBytes;
        if (headerBytes > MostBytes - PrefixBytes)
            throw new CheckpointFormatException($"The header announces {headerBytes} bytes, the most is {MostBytes - PrefixBytes}", path, entry, 8);
        if (headerBytes > head.Length - start)
            throw new CheckpointFormatException($"The header announces {headerBytes} bytes, {head.Length - start} remain", path, entry, 8);
        dataOffset = start + (int)headerBytes;
        return Parse(Encoding.UTF8.GetString(head[start..dataOffset]), path, entry);
    }

    private static NpyHeader Parse(string text, string path, string? entry)
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
                    type = scanner.TypeText();
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
        if (type.Length < 3 || !Types.Any(row => type.AsSpan(1).SequenceEqual(row.Code)) || !"<>|=".Contains(type[0], StringComparison.Ordinal))
            throw NotRead(type, path, entry);
        return new NpyHeader(type[1..], type[0] == '>' && type[^1] != '1', fortran.Value, shape);
    }

    private static UnsupportedCheckpointException NotRead(string type, string path, string? entry) => new(
        $"The array has the type {Pickles.PickleText.Quote(type.AsSpan())}; floats of 2 to 8 bytes, integers, bool and complex are read (objects would be pickles) ({(entry is null ? path : $"{path}: {entry}")}).");

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

        /// <summary>The element type; a record's, which is a list, is an error by name.</summary>
        public string TypeText()
        {
            SkipSpaces();
            return at < text.Length && text[at] == '[' ? throw NotRead("record", path, entry) : Quoted();
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
                TryTake('L'); // Python 2 wrote long integers so
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
