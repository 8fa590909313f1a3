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
            DType.UInt8 or DType.Bool => [bytes[0]],
            DType.Complex64 => [BinaryPrimitives.ReadSingleLittleEndian(bytes), BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4))],
            DType.Complex128 => [BinaryPrimitives.ReadDoubleLittleEndian(bytes), BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8))],
            _ => throw new ArgumentException(view.DType.ToString()),
        };
    }
}
