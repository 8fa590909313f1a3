using System.IO.Compression;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Writing;
using Galvani.Kernels;

namespace Galvani.Checkpoints.Numpy;

/// <summary>numpy's <c>.npz</c> format: a zip archive with one <c>.npy</c> entry an array.</summary>
public static class NpzFile
{
    private const string Extension = ".npy";

    /// <summary>Reads all arrays.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <returns>Name to array.</returns>
    /// <exception cref="CheckpointFormatException">The file is broken.</exception>
    /// <exception cref="UnsupportedCheckpointException">An array has a type that is not read.</exception>
    public static IReadOnlyDictionary<string, NumpyArray> Read(string path, CheckpointLimits? limits = null)
    {
        limits ??= CheckpointLimits.Default;
        using var memory = MappedMemory.Open(path);
        var arrays = new Dictionary<string, NumpyArray>(StringComparer.Ordinal);
        foreach (var entry in ZipDirectory.Read(memory, limits).InOrder)
        {
            var bytes = ArchiveInflater.Read(memory, entry, limits, Array.MaxLength, "array length");
            arrays[entry.Name.EndsWith(Extension, StringComparison.Ordinal) ? entry.Name[..^Extension.Length] : entry.Name] = NpyFile.Parse(bytes, path, entry.Name);
        }

        return arrays;
    }

    /// <summary>Writes arrays, stored, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arrays">Names and arrays; consumed one by one.</param>
    /// <exception cref="IOException">The file cannot be written; nothing is left behind.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NumpyArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        AtomicFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, array) in arrays)
            {
                var entry = archive.CreateEntry(name + Extension, CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var content = entry.Open();
                NpyFile.Write(content, array);
            }
        });
    }
}
