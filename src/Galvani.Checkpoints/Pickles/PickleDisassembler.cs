using System.Globalization;
using System.Numerics;

namespace Galvani.Checkpoints.Pickles;

/// <summary>One instruction of a pickle.</summary>
/// <param name="ByteOffset">Where its opcode is, in bytes from the start of the pickle.</param>
/// <param name="Opcode">The opcode's name as Python's <c>pickletools</c> has it: <c>BINPUT</c>.</param>
/// <param name="Argument">
/// The operand as text, empty where there is none: numbers in decimal, strings and bytes quoted as Python's <c>repr</c> does, globals as
/// <c>module name</c>. It holds no control characters; of a long one the beginning is shown and the rest counted.
/// </param>
public readonly record struct PickleInstruction(long ByteOffset, string Opcode, string Argument);

/// <summary>Lists the instructions of a pickle, one after the other, without running them: as <c>pickletools.dis</c>, for files of any size.</summary>
public static class PickleDisassembler
{
    /// <summary>The instructions up to and with STOP, read as they are asked for.</summary>
    /// <param name="pickle">The pickle, as <see cref="Checkpoint.ReadPickle"/> gives it; bytes behind STOP are left.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="entry">The archive entry, for errors.</param>
    /// <exception cref="CheckpointFormatException">
    /// While enumerating: an opcode is unknown, an operand is broken, or the pickle ends without STOP. What came before has been given.
    /// </exception>
    public static IEnumerable<PickleInstruction> Disassemble(ReadOnlyMemory<byte> pickle, string path, string entry)
    {
        var position = 0;
        while (true)
        {
            var instruction = Next(pickle.Span, ref position, path, entry);
            yield return instruction;
            if (instruction.Opcode == "STOP")
                yield break;
        }
    }

    private static PickleInstruction Next(ReadOnlySpan<byte> pickle, ref int position, string path, string entry)
    {
        var offset = position;
        var reader = new PickleReader(pickle, path, entry, offset);
        if (reader.IsAtEnd)
            throw new CheckpointFormatException("The pickle ends without STOP", path, entry, offset);
        var opcode = (PickleOpcode)reader.ReadByte();
        if (!Enum.IsDefined(opcode))
            throw new CheckpointFormatException($"There is no opcode 0x{(byte)opcode:x2}", path, entry, offset);
        var argument = ReadArgument(ref reader, PickleOpcodes.Operand(opcode));
        position = reader.Position;
        return new PickleInstruction(offset, PickleOpcodes.Name(opcode), argument);
    }

    private static string ReadArgument(ref PickleReader reader, PickleOperand form) => form switch
    {
        PickleOperand.None => "",
        PickleOperand.Byte => Text(reader.ReadByte()),
        PickleOperand.UInt16 => Text(reader.ReadUInt16()),
        PickleOperand.Int32 => Text(reader.ReadInt32()),
        PickleOperand.UInt32 => Text(reader.ReadUInt32()),
        PickleOperand.UInt64 => Text(reader.ReadUInt64()),
        PickleOperand.Float64 => reader.ReadDoubleBigEndian().ToString("R", CultureInfo.InvariantCulture),
        PickleOperand.Line => PickleText.Escape(Latin1(reader.TakeLine())),
        PickleOperand.TwoLines => $"{PickleText.Escape(Latin1(reader.TakeLine()))} {PickleText.Escape(Latin1(reader.TakeLine()))}",
        PickleOperand.Text1 => PickleText.Quote(reader.TakeText(reader.ReadByte()).AsSpan()),
        PickleOperand.Text4 => PickleText.Quote(reader.TakeText(reader.ReadUInt32()).AsSpan()),
        PickleOperand.Text8 => PickleText.Quote(reader.TakeText(reader.ReadUInt64()).AsSpan()),
        PickleOperand.Bytes1 => PickleText.Quote(reader.Take(reader.ReadByte())),
        PickleOperand.Bytes4 => PickleText.Quote(reader.Take(reader.ReadUInt32())),
        PickleOperand.Bytes8 => PickleText.Quote(reader.Take(reader.ReadUInt64())),
        PickleOperand.Long1 => Integer(reader.Take(reader.ReadByte())),
        _ => Integer(reader.Take(reader.ReadUInt32())),
    };

    private static string Latin1(ReadOnlySpan<byte> line) => System.Text.Encoding.Latin1.GetString(line[..Math.Min(line.Length, PickleText.LongestShown + 1)]);

    /// <summary>Decimal where that is cheap; a huge integer by its size, since decimal digits cost the square of it.</summary>
    private static string Integer(ReadOnlySpan<byte> littleEndian)
    {
        const int MostBytes = 2048;
        return littleEndian.Length <= MostBytes
            ? new BigInteger(littleEndian).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"an integer of {littleEndian.Length} bytes");
    }

    private static string Text<T>(T number)
        where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
