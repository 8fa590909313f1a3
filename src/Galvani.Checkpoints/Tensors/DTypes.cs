using Galvani.Kernels;

namespace Galvani.Checkpoints.Tensors;

/// <summary>Names and sizes of element types.</summary>
public static class DTypes
{
    private static readonly (DType Type, string Name, string StorageName, int Bytes, bool Readable)[] Table =
    [
        (DType.Float64, "float64", "DoubleStorage", 8, true),
        (DType.Float32, "float32", "FloatStorage", 4, true),
        (DType.Float16, "float16", "HalfStorage", 2, true),
        (DType.BFloat16, "bfloat16", "BFloat16Storage", 2, true),
        (DType.Int64, "int64", "LongStorage", 8, true),
        (DType.Int32, "int32", "IntStorage", 4, true),
        (DType.Int16, "int16", "ShortStorage", 2, true),
        (DType.Int8, "int8", "CharStorage", 1, true),
        (DType.UInt8, "uint8", "ByteStorage", 1, true),
        (DType.Bool, "bool", "BoolStorage", 1, true),
        (DType.Complex32, "complex32", "ComplexHalfStorage", 4, true),
        (DType.Complex64, "complex64", "ComplexFloatStorage", 8, true),
        (DType.Complex128, "complex128", "ComplexDoubleStorage", 16, true),
        (DType.UInt16, "uint16", "UInt16Storage", 2, true),
        (DType.UInt32, "uint32", "UInt32Storage", 4, true),
        (DType.UInt64, "uint64", "UInt64Storage", 8, true),
        (DType.Float8E4M3Fn, "float8_e4m3fn", "Float8_e4m3fnStorage", 1, true),
        (DType.Float8E5M2, "float8_e5m2", "Float8_e5m2Storage", 1, true),
        (DType.Float8E4M3FnUz, "float8_e4m3fnuz", "Float8_e4m3fnuzStorage", 1, true),
        (DType.Float8E5M2FnUz, "float8_e5m2fnuz", "Float8_e5m2fnuzStorage", 1, true),
        (DType.QInt8, "qint8", "QInt8Storage", 1, false),
        (DType.QUInt8, "quint8", "QUInt8Storage", 1, false),
        (DType.QInt32, "qint32", "QInt32Storage", 4, false),
        (DType.QUInt4x2, "quint4x2", "QUInt4x2Storage", 1, false),
        (DType.QUInt2x4, "quint2x4", "QUInt2x4Storage", 1, false),
        (DType.Float8E8M0Fnu, "float8_e8m0fnu", "Float8_e8m0fnuStorage", 1, true),
        (DType.Float4E2M1FnX2, "float4_e2m1fn_x2", "Float4_e2m1fn_x2Storage", 1, true),
        (DType.Bits8, "bits8", "Bits8Storage", 1, true),
        (DType.Bits16, "bits16", "Bits16Storage", 2, true),
        (DType.Bits1x8, "bits1x8", "Bits1x8Storage", 1, true),
        (DType.Bits2x4, "bits2x4", "Bits2x4Storage", 1, true),
        (DType.Bits4x2, "bits4x2", "Bits4x2Storage", 1, true),
        (DType.BComplex32, "bcomplex32", "BComplex32Storage", 4, true),
    ];

    /// <summary>torch's name without <c>torch.</c>: <c>float32</c>.</summary>
    /// <param name="type">The type.</param>
    public static string TorchName(this DType type) => Table[(int)type].Name;

    /// <summary>The name of torch's typed storage class: <c>FloatStorage</c>.</summary>
    /// <param name="type">The type.</param>
    public static string StorageName(this DType type) => Table[(int)type].StorageName;

    /// <summary>The size of an element.</summary>
    /// <param name="type">The type.</param>
    public static int ElementBytes(this DType type) => Table[(int)type].Bytes;

    /// <summary>Whether the numbers can be read; other types are recognised and named only.</summary>
    /// <param name="type">The type.</param>
    public static bool IsReadable(this DType type) => Table[(int)type].Readable;

    /// <summary>Whether an element has a real and an imaginary part.</summary>
    /// <param name="type">The type.</param>
    public static bool IsComplex(this DType type) => type is DType.Complex32 or DType.Complex64 or DType.Complex128 or DType.BComplex32;

    /// <summary>Whether an element is a real floating-point number of 16 bits or more: a type that results are rounded to and written in.</summary>
    /// <param name="type">The type.</param>
    public static bool IsFloatingPoint(this DType type) => type is DType.Float64 or DType.Float32 or DType.Float16 or DType.BFloat16;

    /// <summary>Whether an element is a floating-point number of 8 bits, which is read and copied; nothing is rounded to it.</summary>
    /// <param name="type">The type.</param>
    public static bool IsFloat8(this DType type) => type is DType.Float8E4M3Fn or DType.Float8E5M2 or DType.Float8E4M3FnUz or DType.Float8E5M2FnUz or DType.Float8E8M0Fnu;

    /// <summary>Whether torch has a storage class for the type; tensors of the others are views of untyped storages, and say their type themselves.</summary>
    /// <param name="type">The type.</param>
    internal static bool HasStorageClass(this DType type) => type is not (DType.UInt16 or DType.UInt32 or DType.UInt64 or DType.Complex32 or DType.BComplex32) && !type.IsFloat8() && !type.IsBits();

    /// <summary>Whether an element is no number, but bits: it is read as the unsigned integer that they would be.</summary>
    /// <param name="type">The type.</param>
    internal static bool IsBits(this DType type) => type is DType.Float4E2M1FnX2 or DType.Bits8 or DType.Bits16 or DType.Bits1x8 or DType.Bits2x4 or DType.Bits4x2;

    /// <summary>What the bits of an 8-bit floating-point number mean.</summary>
    /// <param name="type">A type of <see cref="IsFloat8"/>.</param>
    internal static Float8Format Float8Format(this DType type) => type switch
    {
        DType.Float8E4M3Fn => Kernels.Float8Format.E4M3Fn,
        DType.Float8E5M2 => Kernels.Float8Format.E5M2,
        DType.Float8E4M3FnUz => Kernels.Float8Format.E4M3FnUz,
        DType.Float8E5M2FnUz => Kernels.Float8Format.E5M2FnUz,
        DType.Float8E8M0Fnu => Kernels.Float8Format.E8M0Fnu,
        _ => throw TensorView.NotReadable(type),
    };

    /// <summary>The type with torch's name, such as <c>float32</c>.</summary>
    /// <param name="torchName">With or without <c>torch.</c>.</param>
    /// <param name="type">The type.</param>
    /// <returns>False where no type has that name.</returns>
    public static bool TryParse(string torchName, out DType type)
    {
        var name = torchName.StartsWith("torch.", StringComparison.Ordinal) ? torchName[6..] : torchName;
        foreach (var row in Table)
        {
            if (row.Name == name)
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>The type of a storage class such as <c>FloatStorage</c>.</summary>
    /// <param name="storageName">The class name without module.</param>
    /// <param name="type">The type.</param>
    /// <returns>False where no storage class has that name.</returns>
    internal static bool TryParseStorage(string storageName, out DType type)
    {
        foreach (var row in Table)
        {
            if (row.StorageName == storageName)
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }
}
