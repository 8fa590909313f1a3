using System.IO.Compression;
using Galvani.Checkpoints.Numpy;

namespace Galvani.Checkpoints.Writing;

/// <summary>An array that is written from a stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes.</param>
public sealed record ArrayShape(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>numpy's code of the element type without byte order: <c>f4</c> (the default) or <c>i8</c>.</summary>
    public string TypeCode { get; init; } = "f4";

    /// <summary>The bytes of its numbers.</summary>
    internal long Bytes => Shape.Aggregate((long)(TypeCode[^1] - '0'), (product, size) => checked(product * size));
}

/// <summary>Writes arrays from a stream of their bytes, so that they need not be in memory.</summary>
public static class ArrayStream
{
    private const int ChunkBytes = 1 << 16;

    /// <summary>Writes a file of one float32 array, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="extension">The format: <c>.npy</c>, <c>.npz</c> or <c>.safetensors</c>.</param>
    /// <param name="name">The array's name in formats that have names.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="data">The row-major little-endian float32 bytes.</param>
    /// <exception cref="ArgumentException">The extension is none of the three.</exception>
    /// <exception cref="EndOfStreamException">The stream has fewer bytes than the shape asks for; nothing is left behind.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, string extension, string name, IReadOnlyList<long> shape, Stream data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        var array = new ArrayShape(name, shape);
        if (extension != ".npy")
        {
            WriteMany(path, extension, [array], data);
            return;
        }

        AtomicFile.Write(path, stream =>
        {
            NpyFile.WriteHeader(stream, array.TypeCode, shape);
            Copy(data, stream, array.Bytes);
        });
    }

    /// <summary>Writes a file of several arrays, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="extension">The format: <c>.npz</c> or <c>.safetensors</c>.</param>
    /// <param name="arrays">Names, shapes and types.</param>
    /// <param name="data">The row-major little-endian bytes of all arrays, one array behind the other.</param>
    /// <exception cref="ArgumentException">The extension is neither, or an array has a type that is not written.</exception>
    /// <exception cref="EndOfStreamException">The stream has fewer bytes than the shapes ask for; nothing is left behind.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void WriteMany(string path, string extension, IReadOnlyList<ArrayShape> arrays, Stream data)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        ArgumentNullException.ThrowIfNull(data);
        Action<Stream, IReadOnlyList<ArrayShape>, Stream> write = extension switch
        {
            ".npz" => WriteArchive,
            ".safetensors" => WriteSafetensors,
            _ => throw new ArgumentException($"'{extension}' is no format of arrays that is written; .npz and .safetensors are.", nameof(extension)),
        };
        AtomicFile.Write(path, stream => write(stream, arrays, data));
    }

    private static void WriteArchive(Stream stream, IReadOnlyList<ArrayShape> arrays, Stream data)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var array in arrays)
        {
            var entry = archive.CreateEntry(array.Name + ".npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using var content = entry.Open();
            NpyFile.WriteHeader(content, array.TypeCode, array.Shape);
            Copy(data, content, array.Bytes);
        }
    }

    private static void WriteSafetensors(Stream stream, IReadOnlyList<ArrayShape> arrays, Stream data)
    {
        var header = new SafetensorsHeaderWriter();
        foreach (var array in arrays)
            header.Add(array.Name, SafetensorsFile.TypeName(array.TypeCode), array.Shape, array.Bytes);
        header.Write(stream);
        foreach (var array in arrays)
            Copy(data, stream, array.Bytes);
    }

    private static void Copy(Stream source, Stream destination, long byteCount)
    {
        var buffer = new byte[(int)Math.Min(ChunkBytes, byteCount)];
        for (var left = byteCount; left > 0;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, left));
            source.ReadExactly(part);
            destination.Write(part);
            left -= part.Length;
        }
    }
}
