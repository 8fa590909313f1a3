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
    /// <param name="entry">The entry that holds it, for errors; null where it is the file itself.</param>
    /// <exception cref="CheckpointFormatException">
    /// While enumerating: an opcode is unknown, an operand is broken, or the pickle ends without STOP. What came before has been given.
    /// </exception>
    public static IEnumerable<PickleInstruction> Disassemble(ReadOnlyMemory<byte> pickle, string path, string? entry)
    {
        var cursor = new PickleCursor(pickle, int.MaxValue, path, entry);
        while (true)
        {
            var opcode = cursor.NextOpcode();
            yield return new PickleInstruction(cursor.OpcodeOffset, PickleOpcodes.Name(opcode), ReadArgument(cursor, PickleOpcodes.Operand(opcode)));
            if (opcode == PickleOpcode.Stop)
                yield break;
        }
    }

    private static string ReadArgument(PickleCursor cursor, PickleOperand form) => form switch
    {
        PickleOperand.None => "",
        PickleOperand.Byte => Text(cursor.Byte()),
        PickleOperand.UInt16 => Text(cursor.UInt16()),
        PickleOperand.Int32 => Text(cursor.Int32()),
        PickleOperand.UInt32 => Text(cursor.UInt32()),
        PickleOperand.UInt64 => Text(cursor.UInt64()),
        PickleOperand.Float64 => cursor.Float64().ToString("R", CultureInfo.InvariantCulture),
        PickleOperand.Line => PickleText.Escape(Latin1(cursor.Line())),
        PickleOperand.TwoLines => $"{PickleText.Escape(Latin1(cursor.Line()))} {PickleText.Escape(Latin1(cursor.Line()))}",
        PickleOperand.Text1 or PickleOperand.Text4 or PickleOperand.Text8 => PickleText.Quote(cursor.Text(cursor.Counted(form)).AsSpan()),
        PickleOperand.Bytes1 or PickleOperand.Bytes4 or PickleOperand.Bytes8 => PickleText.Quote(cursor.Counted(form)),
        _ => Integer(cursor.Counted(form)),
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
