using System.Text;

namespace Galvani.Checkpoints.Containers;

/// <summary>One header of a tar archive: a block whose fields are texts up to a zero byte, and octal numbers.</summary>
/// <param name="block">The block.</param>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    /// <summary>Headers and files begin on multiples of this.</summary>
    public const int BlockBytes = 512;

    private const int NameBytes = 100;
    private const int SizeOffset = 124;
    private const int SizeBytes = 12;
    private const int ChecksumOffset = 148;
    private const int ChecksumBytes = 8;
    private const int TypeOffset = 156;
    private const int MagicOffset = 257;
    private const int PrefixOffset = 345;
    private const int PrefixBytes = 155;

    private readonly ReadOnlySpan<byte> block = block;

    /// <summary>Whether the block has the mark of a header.</summary>
    public bool HasMark => block.Length >= BlockBytes && block[MagicOffset..].StartsWith("ustar"u8);

    /// <summary>What the header is of; as torch wrote it <c>0</c> of a file, <c>x</c> of records about the next file.</summary>
    public char Type => (char)block[TypeOffset];

    /// <summary>Whether it is the header of a file; before ustar a zero byte said that.</summary>
    public bool IsFile => Type is '0' or '\0';

    /// <summary>The name, behind the folder that it has a field of its own for; <c>./</c> in front of it says nothing.</summary>
    public string Name
    {
        get
        {
            var (folder, name) = (Text(PrefixOffset, PrefixBytes), Text(0, NameBytes));
            name = folder.Length == 0 ? name : $"{folder}/{name}";
            return name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        }
    }

    /// <summary>Whether the sum that the header has of itself is right.</summary>
    /// <param name="problem">What is wrong, to stand behind "The tar archive"; empty where it is right.</param>
    public bool HasItsSum(out string problem)
    {
        var sum = 0L;
        for (var i = 0; i < BlockBytes; i++)
            sum += i is >= ChecksumOffset and < ChecksumOffset + ChecksumBytes ? ' ' : block[i];
        if (TryReadNumber(ChecksumOffset, ChecksumBytes, out var expected, out problem) && expected != sum)
            problem = "has a header whose checksum does not fit";
        return problem.Length == 0;
    }

    /// <summary>The number of bytes behind the header.</summary>
    /// <param name="bytes">Their number.</param>
    /// <param name="problem">What is wrong, to stand behind "The tar archive"; empty where nothing is.</param>
    public bool TryReadSize(out long bytes, out string problem) => TryReadNumber(SizeOffset, SizeBytes, out bytes, out problem);

    private bool TryReadNumber(int offset, int length, out long number, out string problem)
    {
        var digits = block.Slice(offset, length).Trim(" \0"u8);
        (number, problem) = (0, digits.IsEmpty ? "has a header that lacks a number" : "");
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'7'))
            problem = "has a header with what is no octal number";
        foreach (var digit in digits)
            number = (number * 8) + digit - '0';
        return problem.Length == 0;
    }

    private string Text(int offset, int length)
    {
        var field = block.Slice(offset, length);
        return Encoding.Latin1.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);
    }
}
