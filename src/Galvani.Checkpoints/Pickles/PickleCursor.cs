using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Galvani.Checkpoints.Pickles;

/// <summary>Reads the arguments of opcodes from a pickle's bytes, checking every length against the bytes that remain.</summary>
/// <param name="memory">The pickle.</param>
/// <param name="integerDigits">The limit on the digits of an integer.</param>
/// <param name="path">The file, for errors.</param>
/// <param name="entry">The entry that holds the pickle, for errors; null where it is the file itself.</param>
/// <param name="start">Where in the entry the pickle begins.</param>
internal sealed class PickleCursor(ReadOnlyMemory<byte> memory, int integerDigits, string path, string? entry, long start = 0)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // The bytes as an array where they are one: faster to slice than memory.
    private readonly ArraySegment<byte> pickle = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment) ? segment : new ArraySegment<byte>(memory.ToArray());
    private int position;
    private int opcodePosition;

    /// <summary>Where in the entry the opcode being worked on starts; errors name it.</summary>
    public long OpcodeOffset => start + opcodePosition;

    public int Remaining => pickle.Count - position;

    public PickleOpcode NextOpcode()
    {
        opcodePosition = position;
        if (position == pickle.Count)
            throw Error("The pickle ends without STOP");
        var opcode = (PickleOpcode)pickle[position++];
        return PickleOpcodes.IsDefined(opcode) ? opcode : throw Error($"There is no opcode 0x{(byte)opcode:x2}");
    }

    public CheckpointFormatException Error(string problem) => new(problem, path, entry, OpcodeOffset);

    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)Remaining)
            throw Error($"The operand needs {count} bytes, the pickle has {Remaining}");
        var bytes = pickle.AsSpan(position, (int)count);
        position += (int)count;
        return bytes;
    }

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Float64() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Bytes behind a length that the argument's form gives.</summary>
    public ReadOnlySpan<byte> Counted(PickleOperand form) => Take(form switch
    {
        PickleOperand.Bytes1 or PickleOperand.Text1 or PickleOperand.Long1 => Byte(),
        PickleOperand.Bytes8 or PickleOperand.Text8 => UInt64(),
        _ => UInt32(),
    });

    /// <summary>Text up to a line feed, which is taken too.</summary>
    public ReadOnlySpan<byte> Line()
    {
        var length = pickle.AsSpan(position).IndexOf((byte)'\n');
        if (length < 0)
            throw Error("A line is not ended by a line feed");
        var line = pickle.AsSpan(position, length);
        position += length + 1;
        return line;
    }

    /// <summary>UTF-8 as Python writes it: lone surrogates are allowed.</summary>
    public string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            return SurrogateText.TryDecode(utf8, out var text) ? text : throw Error("A string is not UTF-8");
        }
    }

    /// <summary>A two's-complement little-endian integer; an empty one is 0.</summary>
    public PickleInteger Integer(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= 8)
        {
            var value = bytes.Length > 0 && bytes[^1] >= 0x80 ? -1L : 0L;
            for (var i = bytes.Length - 1; i >= 0; i--)
                value = value << 8 | bytes[i];
            return new PickleInteger(value);
        }

        // 0.415 bytes a digit: half a byte a digit leaves room for leading zeros.
        if (bytes.Length > integerDigits / 2 + 9)
            throw Error($"An integer of {bytes.Length} bytes has more digits than {integerDigits}, the limit (IntegerDigits)");
        return CheckDigits(new BigInteger(bytes));
    }

    public PickleInteger DecimalInteger(ReadOnlySpan<byte> digits)
    {
        if (digits.Length > integerDigits + 2)
            throw Error($"An integer of {digits.Length} characters has more digits than {integerDigits}, the limit (IntegerDigits)");
        return BigInteger.TryParse(Encoding.Latin1.GetString(digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? CheckDigits(value)
            : throw Error("A decimal operand is no integer");
    }

    public double DecimalFloat(ReadOnlySpan<byte> digits) =>
        double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Error("A decimal operand is no number");

    private PickleInteger CheckDigits(BigInteger value)
    {
        var magnitude = BigInteger.Abs(value);
        var fewestDigits = (long)((magnitude.GetBitLength() - 1) * 0.30102999) + 1;
        if (fewestDigits > integerDigits || fewestDigits >= integerDigits && magnitude >= BigInteger.Pow(10, integerDigits))
            throw Error($"An integer has {fewestDigits} digits or more, the limit (IntegerDigits) is {integerDigits}");
        return new PickleInteger(value);
    }
}
