using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;

namespace Galvani.Checkpoints.Numpy;

/// <summary>
/// numpy's <c>.npy</c> format (numpy.lib.format, versions 1 to 3). Read: floats of 2, 4 and 8 bytes, integers, bool, both byte orders and both memory
/// orders; strings, records and objects are refused by name, objects because they are pickles. Written: C order, little endian.
/// </summary>
public static class NpyFile
{
    private const int MaximumRank = 64;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointFormatException">The file is broken.</exception>
    /// <exception cref="UnsupportedCheckpointException">An array has a type that is not read.</exception>
    public static NumpyArray Read(string path) => Parse(File.ReadAllBytes(path), path, entry: null);

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="array">The array.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, NumpyArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        AtomicFile.Write(path, stream => Write(stream, array));
    }

    internal static void Write(Stream stream, NumpyArray array)
    {
        WriteHeader(stream, array.TypeCode, array.Shape);
        stream.Write(array.Bytes);
    }

    internal static void WriteHeader(Stream stream, string typeCode, IReadOnlyList<long> sizes)
    {
        var order = typeCode is "b1" or "i1" or "u1" ? '|' : '<';
        var shape = sizes.Count == 1 ? Invariant($"({sizes[0]},)") : $"({string.Join(", ", sizes)})";
        var header = $"{{'descr': '{order}{typeCode}', 'fortran_order': False, 'shape': {shape}, }}";
        var padded = header.PadRight((NpyHeader.Magic.Length + 4 + header.Length + 1 + 63) / 64 * 64 - NpyHeader.Magic.Length - 4 - 1) + '\n';
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, checked((ushort)padded.Length));
        stream.Write(NpyHeader.Magic);
        stream.Write([1, 0]);
        stream.Write(length);
        stream.Write(Encoding.Latin1.GetBytes(padded));
    }

    internal static NumpyArray Parse(ReadOnlySpan<byte> file, string path, string? entry)
    {
        var header = NpyHeader.Read(file, path, entry, out var dataOffset);
        if (header.Type.IsComplex())
            throw new UnsupportedCheckpointException($"The array is complex; here real numbers are read, complex ones by opening the file as a checkpoint ({path}).");
        if (header.Shape.Length > MaximumRank)
            throw new CheckpointFormatException($"The array has {header.Shape.Length} dimensions, the limit (Rank) is {MaximumRank}", path, entry);
        var data = file[dataOffset..];
        Int128 expected = header.ElementBytes;
        foreach (var size in header.Shape)
            expected = Int128.Min(expected * size, Int128.MaxValue >> 64);
        if (expected != data.Length)
            throw new CheckpointFormatException($"The array has {data.Length} bytes of data, its shape needs {expected}", path, entry, dataOffset);
        var bytes = data.ToArray();
        if (header.IsBigEndian)
            Swap(bytes, header.ElementBytes);
        if (header.IsFortranOrder && header.Shape.Length > 1)
            bytes = ToRowMajor(bytes, header.Shape, header.ElementBytes);
        return new NumpyArray(header.TypeCode, header.Shape, bytes);
    }

    private static void Swap(byte[] bytes, int elementBytes)
    {
        for (var start = 0; start < bytes.Length; start += elementBytes)
            bytes.AsSpan(start, elementBytes).Reverse();
    }

    private static byte[] ToRowMajor(byte[] bytes, long[] shape, int elementBytes)
    {
        var result = new byte[bytes.Length];
        var index = new long[shape.Length];
        for (var target = 0; target < bytes.Length; target += elementBytes)
        {
            long source = 0, stride = 1;
            for (var axis = 0; axis < shape.Length; axis++)
            {
                source += index[axis] * stride;
                stride *= shape[axis];
            }

            bytes.AsSpan((int)source * elementBytes, elementBytes).CopyTo(result.AsSpan(target));
            for (var axis = shape.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--)
                index[axis] = 0;
        }

        return result;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
