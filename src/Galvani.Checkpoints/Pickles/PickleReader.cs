using System.Buffers.Binary;
using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>Reads the operands of pickle opcodes; every length is checked against the bytes that remain.</summary>
internal ref struct PickleReader(ReadOnlySpan<byte> bytes, string path, string entry, int start = 0)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>The offset of the next byte.</summary>
    public int Position { get; private set; } = start;

    /// <summary>Whether all bytes are read.</summary>
    public readonly bool IsAtEnd => Position == bytes.Length;

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double ReadDoubleBigEndian() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A run of bytes.</summary>
    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(bytes.Length - Position))
            throw Broken($"An operand of {count} bytes is announced where {bytes.Length - Position} bytes remain");
        var part = bytes.Slice(Position, (int)count);
        Position += (int)count;
        return part;
    }

    /// <summary>A line without its line feed.</summary>
    public ReadOnlySpan<byte> TakeLine()
    {
        var length = bytes[Position..].IndexOf((byte)'\n');
        if (length < 0)
            throw Broken("A line is not ended by a line feed");
        var line = bytes.Slice(Position, length);
        Position += length + 1;
        return line;
    }

    /// <summary>Text in UTF-8, lone surrogates allowed as Python's pickle allows them.</summary>
    public string TakeText(ulong count)
    {
        var text = Take(count);
        return System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : DecodeWithSurrogates(text);
    }

    public readonly CheckpointFormatException Broken(string problem) => new(problem, path, entry, Position);

    private readonly string DecodeWithSurrogates(ReadOnlySpan<byte> text)
    {
        var result = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
                result.Append(rune.ToString());
            else if (text.Length >= 3 && text[0] == 0xED && text[1] is >= 0xA0 and <= 0xBF && text[2] is >= 0x80 and <= 0xBF)
            {
                result.Append((char)(0xD000 | (text[1] & 0x3F) << 6 | text[2] & 0x3F));
                consumed = 3;
            }
            else
                throw Broken("A string is not UTF-8");
            text = text[consumed..];
        }

        return result.ToString();
    }
}

