using System.IO.Compression;
using Galvani.Checkpoints.Numpy;

namespace Galvani.Checkpoints.Writing;

/// <summary>Writes one large float32 array from a stream of its bytes, so that it need not be in memory.</summary>
public static class ArrayStream
{
    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="extension">The format: <c>.npy</c>, <c>.npz</c> or <c>.safetensors</c>.</param>
    /// <param name="name">The array's name in formats that have names.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="data">The row-major little-endian float32 bytes, read to the end.</param>
    /// <exception cref="ArgumentException">The extension is none of the three.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, string extension, string name, IReadOnlyList<long> shape, Stream data)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(data);
        AtomicFile.Write(path, stream =>
        {
            switch (extension)
            {
                case ".npy":
                    NpyFile.WriteHeader(stream, "f4", shape);
                    data.CopyTo(stream);
                    break;
                case ".npz":
                    WriteArchive(stream, name, shape, data);
                    break;
                case ".safetensors":
                    WriteSafetensors(stream, name, shape, data);
                    break;
                default:
                    throw new ArgumentException($"'{extension}' is no array format; .npy, .npz and .safetensors are.", nameof(extension));
            }
        });
    }

    private static void WriteArchive(Stream stream, string name, IReadOnlyList<long> shape, Stream data)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        var entry = archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var content = entry.Open();
        NpyFile.WriteHeader(content, "f4", shape);
        data.CopyTo(content);
    }

    private static void WriteSafetensors(Stream stream, string name, IReadOnlyList<long> shape, Stream data)
    {
        var header = new SafetensorsHeaderWriter();
        header.Add(name, "F32", shape, shape.Aggregate((long)sizeof(float), (product, size) => product * size));
        header.Write(stream);
        data.CopyTo(stream);
    }
}
