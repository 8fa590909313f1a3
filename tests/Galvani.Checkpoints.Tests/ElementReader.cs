using System.Buffers.Binary;
using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests;

/// <summary>The numbers of an element, decoded independently of the library's own casts.</summary>
internal static class ElementReader
{
    public static double[] Numbers(TensorView view, long index)
    {
        var bytes = view.Element(index).ToArray();
        return view.DType switch
        {
            DType.Float64 => [BinaryPrimitives.ReadDoubleLittleEndian(bytes)],
            DType.Float32 => [BinaryPrimitives.ReadSingleLittleEndian(bytes)],
            DType.Float16 => [(double)BinaryPrimitives.ReadHalfLittleEndian(bytes)],
            DType.BFloat16 => [BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16)],
            DType.Int64 => [BinaryPrimitives.ReadInt64LittleEndian(bytes)],
            DType.Int32 => [BinaryPrimitives.ReadInt32LittleEndian(bytes)],
            DType.Int16 => [BinaryPrimitives.ReadInt16LittleEndian(bytes)],
            DType.Int8 => [(sbyte)bytes[0]],
            DType.UInt8 or DType.Bool or DType.Bits8 or DType.Bits1x8 or DType.Bits2x4 or DType.Bits4x2 or DType.Float4E2M1FnX2 => [bytes[0]],
            DType.UInt16 or DType.Bits16 => [BinaryPrimitives.ReadUInt16LittleEndian(bytes)],
            DType.UInt32 => [BinaryPrimitives.ReadUInt32LittleEndian(bytes)],
            DType.UInt64 => [BinaryPrimitives.ReadUInt64LittleEndian(bytes)],
            DType.Float8E4M3Fn => [(bytes[0] & 0x7F) == 0x7F ? double.NaN : Small(bytes[0], fractionBits: 3, bias: 7)],
            DType.Float8E5M2 => [(double)BitConverter.UInt16BitsToHalf((ushort)(bytes[0] << 8))],
            DType.Float8E4M3FnUz => [bytes[0] == 0x80 ? double.NaN : Small(bytes[0], fractionBits: 3, bias: 8)],
            DType.Float8E5M2FnUz => [bytes[0] == 0x80 ? double.NaN : Small(bytes[0], fractionBits: 2, bias: 16)],
            DType.Float8E8M0Fnu => [bytes[0] == 0xFF ? double.NaN : Math.Pow(2, bytes[0] - 127)],
            DType.Complex32 => [(double)BinaryPrimitives.ReadHalfLittleEndian(bytes), (double)BinaryPrimitives.ReadHalfLittleEndian(bytes.AsSpan(2))],
            DType.BComplex32 => [BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16), BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2)) << 16)],
            DType.Complex64 => [BinaryPrimitives.ReadSingleLittleEndian(bytes), BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4))],
            DType.Complex128 => [BinaryPrimitives.ReadDoubleLittleEndian(bytes), BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8))],
            _ => throw new ArgumentException(view.DType.ToString()),
        };
    }

    /// <summary>A number of 8 bits with a sign, by the definition; not its NaN.</summary>
    private static double Small(int bits, int fractionBits, int bias)
    {
        var (exponent, fraction) = ((bits & 0x7F) >> fractionBits, (bits & ((1 << fractionBits) - 1)) / (double)(1 << fractionBits));
        return (bits < 0x80 ? 1 : -1) * (exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias));
    }
}
