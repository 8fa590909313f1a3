using System.Buffers.Binary;

namespace Galvani.Checkpoints.Pickles;

/// <summary>A numpy scalar, <c>scalar(dtype, bytes)</c>: little-endian numbers and truth values become Python's own.</summary>
internal static class NumpyScalar
{
    /// <summary>The number; null where the type is another, so that the call stays an inert node.</summary>
    public static PickleValue? TryRead(IReadOnlyList<PickleValue> arguments)
    {
        if (arguments is not [PickleObject { Global: "numpy.dtype", Arguments: [PickleString type, ..], State: PickleTuple { Items: [_, PickleString order, ..] } }, PickleBytes bytes]
            || order.Value is not ("<" or "|") || type.Value.Length != 2 || bytes.Value.Length != type.Value[1] - '0')
            return null;
        var data = bytes.Value.Span;
        return type.Value switch
        {
            "f8" => new PickleFloat(BinaryPrimitives.ReadDoubleLittleEndian(data)),
            "f4" => new PickleFloat(BinaryPrimitives.ReadSingleLittleEndian(data)),
            "f2" => new PickleFloat((double)BinaryPrimitives.ReadHalfLittleEndian(data)),
            "i8" => new PickleInteger(BinaryPrimitives.ReadInt64LittleEndian(data)),
            "i4" => new PickleInteger(BinaryPrimitives.ReadInt32LittleEndian(data)),
            "i2" => new PickleInteger(BinaryPrimitives.ReadInt16LittleEndian(data)),
            "i1" => new PickleInteger((sbyte)data[0]),
            "u1" => new PickleInteger(data[0]),
            "u8" => new PickleInteger(BinaryPrimitives.ReadUInt64LittleEndian(data)),
            "u4" => new PickleInteger(BinaryPrimitives.ReadUInt32LittleEndian(data)),
            "u2" => new PickleInteger(BinaryPrimitives.ReadUInt16LittleEndian(data)),
            "b1" => data[0] == 0 ? PickleBool.False : PickleBool.True,
            _ => null,
        };
    }
}
