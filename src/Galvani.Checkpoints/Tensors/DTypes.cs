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
        (DType.UInt16, "uint16", "UInt16Storage", 2, false),
        (DType.UInt32, "uint32", "UInt32Storage", 4, false),
        (DType.UInt64, "uint64", "UInt64Storage", 8, false),
        (DType.Float8E4M3Fn, "float8_e4m3fn", "Float8_e4m3fnStorage", 1, false),
        (DType.Float8E5M2, "float8_e5m2", "Float8_e5m2Storage", 1, false),
        (DType.Float8E4M3FnUz, "float8_e4m3fnuz", "Float8_e4m3fnuzStorage", 1, false),
        (DType.Float8E5M2FnUz, "float8_e5m2fnuz", "Float8_e5m2fnuzStorage", 1, false),
        (DType.QInt8, "qint8", "QInt8Storage", 1, false),
        (DType.QUInt8, "quint8", "QUInt8Storage", 1, false),
        (DType.QInt32, "qint32", "QInt32Storage", 4, false),
        (DType.QUInt4x2, "quint4x2", "QUInt4x2Storage", 1, false),
        (DType.QUInt2x4, "quint2x4", "QUInt2x4Storage", 1, false),
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
    public static bool IsComplex(this DType type) => type is DType.Complex32 or DType.Complex64 or DType.Complex128;

    /// <summary>Whether an element is a real floating-point number.</summary>
    /// <param name="type">The type.</param>
    public static bool IsFloatingPoint(this DType type) => type is DType.Float64 or DType.Float32 or DType.Float16 or DType.BFloat16;

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
