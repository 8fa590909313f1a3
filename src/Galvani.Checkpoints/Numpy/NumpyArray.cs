using System.Buffers.Binary;

namespace Galvani.Checkpoints.Numpy;

/// <summary>An array as numpy's files hold it: type, shape and row-major little-endian bytes.</summary>
public sealed class NumpyArray
{
    private readonly byte[] bytes;

    internal NumpyArray(string type, long[] shape, byte[] bytes) => (TypeCode, Shape, this.bytes) = (type, shape, bytes);

    /// <summary>numpy's code of the element type without byte order: <c>f4</c>, <c>i8</c>, <c>b1</c> ...</summary>
    public string TypeCode { get; }

    /// <summary>The sizes, outermost first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The number of elements.</summary>
    public int Count => bytes.Length / ElementBytes;

    /// <summary>The row-major little-endian bytes.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    private int ElementBytes => TypeCode[^1] - '0';

    /// <summary>A float32 array.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public static NumpyArray Create(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        CheckShape(values.Length, shape);
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return new NumpyArray("f4", shape.ToArray(), bytes);
    }

    /// <summary>An int64 array.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">The sizes.</param>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public static NumpyArray Create(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape)
    {
        CheckShape(values.Length, shape);
        var bytes = new byte[values.Length * sizeof(long)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        return new NumpyArray("i8", shape.ToArray(), bytes);
    }

    /// <summary>The elements as float32, rounded where the type is wider.</summary>
    public float[] ToSingles()
    {
        var values = new float[Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)ReadDouble(i);
        return values;
    }

    /// <summary>The elements as float64.</summary>
    public double[] ToDoubles()
    {
        var values = new double[Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = ReadDouble(i);
        return values;
    }

    /// <summary>The elements as int64.</summary>
    /// <exception cref="InvalidOperationException">The type is a floating-point type.</exception>
    public long[] ToInt64s()
    {
        if (TypeCode[0] == 'f')
            throw new InvalidOperationException($"An array of {TypeCode} has no whole numbers.");
        var values = new long[Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = ReadInt64(Element(i));
        return values;
    }

    private double ReadDouble(int index) => TypeCode switch
    {
        "f2" => (double)BinaryPrimitives.ReadHalfLittleEndian(Element(index)),
        "f4" => BinaryPrimitives.ReadSingleLittleEndian(Element(index)),
        "f8" => BinaryPrimitives.ReadDoubleLittleEndian(Element(index)),
        _ => ReadInt64(Element(index)),
    };

    private long ReadInt64(ReadOnlySpan<byte> element) => TypeCode switch
    {
        "i1" => (sbyte)element[0],
        "i2" => BinaryPrimitives.ReadInt16LittleEndian(element),
        "i4" => BinaryPrimitives.ReadInt32LittleEndian(element),
        "i8" => BinaryPrimitives.ReadInt64LittleEndian(element),
        "u2" => BinaryPrimitives.ReadUInt16LittleEndian(element),
        "u4" => BinaryPrimitives.ReadUInt32LittleEndian(element),
        "u8" => checked((long)BinaryPrimitives.ReadUInt64LittleEndian(element)),
        _ => element[0],
    };

    private ReadOnlySpan<byte> Element(int index) => bytes.AsSpan(index * ElementBytes, ElementBytes);

    private static void CheckShape(int count, ReadOnlySpan<long> shape)
    {
        var product = 1L;
        foreach (var size in shape)
            product = checked(product * size);
        if (product != count)
            throw new ArgumentException($"{count} values do not fill a shape of {product} elements.", nameof(shape));
    }
}
