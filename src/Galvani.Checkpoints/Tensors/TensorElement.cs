using System.Buffers.Binary;
using System.Globalization;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>What kind of number a <see cref="TensorElement"/> is.</summary>
public enum TensorElementKind
{
    /// <summary>A binary floating-point number, in <see cref="TensorElement.Real"/>, exactly.</summary>
    Real,

    /// <summary>An integer, in <see cref="TensorElement.Integer"/>.</summary>
    Integer,

    /// <summary>A truth value: <see cref="TensorElement.Integer"/> is 0 or 1.</summary>
    Boolean,

    /// <summary>A pair <see cref="TensorElement.Real"/>, <see cref="TensorElement.Imaginary"/>, exactly.</summary>
    Complex,
}

/// <summary>One element of a tensor, exactly: nothing is rounded. For printing and comparing; use the float readers for computing.</summary>
public readonly record struct TensorElement
{
    private TensorElement(DType type, TensorElementKind kind)
    {
        DType = type;
        Kind = kind;
    }

    /// <summary>The element type of the tensor: tells how many digits a real number needs to be read back equal.</summary>
    public DType DType { get; }

    /// <summary>Which of the other properties hold the value.</summary>
    public TensorElementKind Kind { get; }

    /// <summary>The number, or the real part of a complex one.</summary>
    public double Real { get; private init; }

    /// <summary>The imaginary part.</summary>
    public double Imaginary { get; private init; }

    /// <summary>The integer, signed or not, of up to 64 bits; 0 or 1 for a truth value.</summary>
    public Int128 Integer { get; private init; }

    /// <summary>The truth value.</summary>
    public bool Boolean => Integer != 0;

    /// <summary>Reads one little-endian element.</summary>
    /// <exception cref="ArgumentException">There are fewer bytes than the element needs.</exception>
    /// <exception cref="UnsupportedCheckpointException">The type is only recognised, not readable.</exception>
    public static TensorElement Read(DType type, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < type.ElementBytes())
            throw new ArgumentException($"{type.TorchName()} needs {type.ElementBytes()} bytes, there are {bytes.Length}.", nameof(bytes));
        return type switch
        {
            DType.Bool => new(type, TensorElementKind.Boolean) { Integer = bytes[0] == 0 ? 0 : 1 },
            DType.Int64 => OfInteger(type, BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            DType.Int32 => OfInteger(type, BinaryPrimitives.ReadInt32LittleEndian(bytes)),
            DType.Int16 => OfInteger(type, BinaryPrimitives.ReadInt16LittleEndian(bytes)),
            DType.Int8 => OfInteger(type, (sbyte)bytes[0]),
            DType.UInt8 or DType.Float4E2M1FnX2 or DType.Bits8 or DType.Bits1x8 or DType.Bits2x4 or DType.Bits4x2 => OfInteger(type, bytes[0]),
            DType.UInt64 => OfInteger(type, BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
            DType.UInt32 => OfInteger(type, BinaryPrimitives.ReadUInt32LittleEndian(bytes)),
            DType.UInt16 or DType.Bits16 => OfInteger(type, BinaryPrimitives.ReadUInt16LittleEndian(bytes)),
            DType.Complex32 => OfComplex(type, ReadReal(DType.Float16, bytes), ReadReal(DType.Float16, bytes[2..])),
            DType.BComplex32 => OfComplex(type, ReadReal(DType.BFloat16, bytes), ReadReal(DType.BFloat16, bytes[2..])),
            DType.Complex64 => OfComplex(type, ReadReal(DType.Float32, bytes), ReadReal(DType.Float32, bytes[4..])),
            DType.Complex128 => OfComplex(type, ReadReal(DType.Float64, bytes), ReadReal(DType.Float64, bytes[8..])),
            _ => new(type, TensorElementKind.Real) { Real = ReadReal(type, bytes) },
        };
    }

    /// <summary>The value as invariant text, for messages.</summary>
    public override string ToString() => Kind switch
    {
        TensorElementKind.Real => Real.ToString("R", CultureInfo.InvariantCulture),
        TensorElementKind.Complex => string.Create(CultureInfo.InvariantCulture, $"{Real:R}{(Imaginary < 0 ? "" : "+")}{Imaginary:R}i"),
        TensorElementKind.Boolean => Boolean ? "true" : "false",
        _ => Integer.ToString(CultureInfo.InvariantCulture),
    };

    private static TensorElement OfInteger(DType type, Int128 value) => new(type, TensorElementKind.Integer) { Integer = value };

    private static TensorElement OfComplex(DType type, double real, double imaginary) =>
        new(type, TensorElementKind.Complex) { Real = real, Imaginary = imaginary };

    private static double ReadReal(DType type, ReadOnlySpan<byte> bytes) => type switch
    {
        DType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        DType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        DType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        DType.BFloat16 => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadInt16LittleEndian(bytes) << 16),
        _ => ReadFloat8(type, bytes),
    };

    private static double ReadFloat8(DType type, ReadOnlySpan<byte> bytes)
    {
        var number = 0f;
        Float8.ToFloat32(bytes[..1], type.Float8Format(), new Span<float>(ref number));
        return number;
    }
}
