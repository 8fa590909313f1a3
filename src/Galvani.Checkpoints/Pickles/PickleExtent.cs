using System.Buffers.Binary;

namespace Galvani.Checkpoints.Pickles;

/// <summary>Finds where a pickle ends by stepping over its opcodes, without running any: for pickles with something behind them.</summary>
internal static class PickleExtent
{
    /// <summary>The length of the pickle that the bytes begin with, STOP included; null where an opcode is unknown or the bytes end before STOP.</summary>
    public static int? Measure(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        while (position < bytes.Length)
        {
            var opcode = (PickleOpcode)bytes[position++];
            if (opcode == PickleOpcode.Stop)
                return position;
            if (!PickleOpcodes.IsDefined(opcode) || OperandBytes(PickleOpcodes.Operand(opcode), bytes[position..]) is not { } count)
                return null;
            position += count;
        }

        return null;
    }

    /// <summary>The length of an operand; null where it does not fit into the bytes that remain.</summary>
    private static int? OperandBytes(PickleOperand form, ReadOnlySpan<byte> rest) => form switch
    {
        PickleOperand.None => 0,
        PickleOperand.Byte => Fixed(1, rest),
        PickleOperand.UInt16 => Fixed(2, rest),
        PickleOperand.Int32 or PickleOperand.UInt32 => Fixed(4, rest),
        PickleOperand.UInt64 or PickleOperand.Float64 => Fixed(8, rest),
        PickleOperand.Line => Line(rest),
        PickleOperand.TwoLines => Line(rest) is { } first && Line(rest[first..]) is { } second ? first + second : null,
        PickleOperand.Bytes1 or PickleOperand.Text1 or PickleOperand.Long1 => Counted(1, rest),
        PickleOperand.Bytes8 or PickleOperand.Text8 => Counted(8, rest),
        _ => Counted(4, rest),
    };

    private static int? Fixed(int count, ReadOnlySpan<byte> rest) => count <= rest.Length ? count : null;

    private static int? Line(ReadOnlySpan<byte> rest) => rest.IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : null;

    private static int? Counted(int lengthBytes, ReadOnlySpan<byte> rest)
    {
        if (rest.Length < lengthBytes)
            return null;
        var count = lengthBytes switch
        {
            1 => rest[0],
            4 => BinaryPrimitives.ReadUInt32LittleEndian(rest),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(rest),
        };
        return count <= (ulong)(rest.Length - lengthBytes) ? lengthBytes + (int)count : null;
    }
}
