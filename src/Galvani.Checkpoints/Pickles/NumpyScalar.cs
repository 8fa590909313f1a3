using System.Buffers.Binary;

namespace Galvani.Checkpoints.Pickles;

/// <summary>A numpy scalar, <c>scalar(dtype, bytes)</c>: little-endian numbers and truth values are read as Python's own. They keep the call, and are written as what they were.</summary>
internal static class NumpyScalar
{
    /// <summary>The number; null where the type is another, so that the call stays an inert node.</summary>
    public static PickleValue? TryRead(PickleGlobal scalar, IReadOnlyList<PickleValue> arguments)
    {
        if (arguments is not [PickleObject { Global: "numpy.dtype", Arguments: [PickleString type, ..], State: PickleTuple { Items: [_, PickleString order, ..] } }, PickleBytes bytes]
            || order.Value is not ("<" or "|") || type.Value.Length != 2 || bytes.Value.Length != type.Value[1] - '0')
            return null;
        var data = bytes.Value.Span;
        var call = new PickleObject(scalar, scalar.Name, arguments, isNew: false);
        return type.Value switch
        {
            "f8" => new PickleFloat(BinaryPrimitives.ReadDoubleLittleEndian(data)) { NumpyScalar = call },
            "f4" => new PickleFloat(BinaryPrimitives.ReadSingleLittleEndian(data)) { NumpyScalar = call },
            "f2" => new PickleFloat((double)BinaryPrimitives.ReadHalfLittleEndian(data)) { NumpyScalar = call },
            "i8" => new PickleInteger(BinaryPrimitives.ReadInt64LittleEndian(data)) { NumpyScalar = call },
            "i4" => new PickleInteger(BinaryPrimitives.ReadInt32LittleEndian(data)) { NumpyScalar = call },
            "i2" => new PickleInteger(BinaryPrimitives.ReadInt16LittleEndian(data)) { NumpyScalar = call },
            "i1" => new PickleInteger((sbyte)data[0]) { NumpyScalar = call },
            "u1" => new PickleInteger(data[0]) { NumpyScalar = call },
            "u8" => new PickleInteger(BinaryPrimitives.ReadUInt64LittleEndian(data)) { NumpyScalar = call },
            "u4" => new PickleInteger(BinaryPrimitives.ReadUInt32LittleEndian(data)) { NumpyScalar = call },
            "u2" => new PickleInteger(BinaryPrimitives.ReadUInt16LittleEndian(data)) { NumpyScalar = call },
            "b1" => new PickleBool(data[0] != 0) { NumpyScalar = call },
            _ => null,
        };
    }
}
